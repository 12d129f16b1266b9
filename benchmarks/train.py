"""What the loop costs.

    python benchmarks/train.py               # on a CPU: `fit` against a bare PyTorch loop, and what tracking costs
    python benchmarks/train.py --tiny        # the same with few images and rounds: does it run?
    python benchmarks/train.py --gpu         # on a GPU (bf16, channels last): CIFAR-10, and the sweep of the paper
    python benchmarks/train.py --gpu --tiny  # the same code on a CPU, with little digits: does it run?

On a CPU, with one thread, two networks: the perceptron 784-1024-1024-10 on random bytes of MNIST's shape (what is in
them does not matter), and a tiny one, 64-256-256-10 on the digits, where a step takes a millisecond and every call
counts. Rounds alternate between the bare loop and `fit`, in turn from either side, and ratios are taken within a round.
What tracking costs is not a difference of two such times, which would drown in their noise: the clock is read around
it. All of it is CPU time.
"""
import json
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
import numpy as np
import torch
from scipy.stats import bootstrap
from lsib.data import ImageSet, channel_stats, cifar10, digits
from lsib.files import atomic_path
from lsib.models import Classifier, LabelSmoothing, mlp, network
from lsib.plane import information_plane
from lsib.smoothing import label_smoothing_loss
from lsib.train import SMOOTHINGS, environment, evaluate, fit

SIZE, loss = 128, partial(label_smoothing_loss, smoothing=.1)
results = Path(__file__).parent/'results'


# On a CPU

def bare(data, widths, epochs):
    model = mlp(data.x[0].numel(), 10, widths)
    opt = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0., fused=True)
    for _ in range(epochs):
        for i in torch.randperm(len(data)).split(SIZE):
            l = loss(model(data.x[i].float()/255), data.y[i])
            opt.zero_grad()
            l.backward()
            opt.step()


def ours(data, widths, epochs, loss=loss, **kw):
    model = mlp(data.x[0].numel(), 10, widths)
    fit(model, data, loss, epochs=epochs, batch_size=SIZE, lr=1e-3, device='cpu', progress=False, **kw)


def seconds(f, *args):
    start = time.process_time()
    f(*args)
    return time.process_time() - start


def tracked(data, widths, epochs):
    "Seconds of training, of tracking the training batches, and of evaluating a sixth as many images after each epoch."
    held, seen, spent = data[:len(data)//6], [], dict(track=0., evaluate=0.)
    def place():
        information_plane(*map(torch.cat, zip(*seen)), base=2)
        seen.clear()
    def watched(logits, y):
        spent['track'] += seconds(seen.append, (logits.detach(), y))
        return loss(logits, y)
    def epoch(e, model):
        spent['track'] += seconds(place)
        spent['evaluate'] += seconds(evaluate, model, held, .1)
    total = seconds(partial(ours, on_epoch=epoch), data, widths, epochs, watched)
    return total - sum(spent.values()), spent['track'], spent['evaluate']


def median(values): # with the 95 % interval of a bootstrap over the rounds
    i = bootstrap((values,), np.median, rng=0, method='percentile').confidence_interval
    return dict(median=statistics.median(values), low=i.low, high=i.high)


def alternate(job, rounds):
    "Seconds of the bare loop and of `fit`, in turn from either side."
    pairs = []
    for r in range(rounds):
        order = (bare, ours) if r % 2 else (ours, bare)
        spent = {f: seconds(f, *job) for f in order}
        pairs.append((spent[bare], spent[ours]))
    return pairs


def measure(job, watch, rounds, times):
    "What `fit` takes of a bare loop's time on `job`, and tracking and evaluating of training's on `watch`."
    bare(*job)  # warm up
    ours(*job)
    pairs = alternate(job, rounds)
    spent = [tracked(*watch) for _ in range(times)]
    images = len(job[0])*job[2]
    speed = {name: images/statistics.median(t) for name, t in zip(('bare', 'fit'), zip(*pairs))}
    return dict(
        images_per_second=speed,
        fit_to_bare=median([loop/fit for loop, fit in pairs]),  # of their speeds
        seconds=pairs,
        images_an_epoch=len(watch[0]),
        tracking=median([track/train for train, track, _ in spent]),
        evaluating=median([held/train for train, _, held in spent]))


HEAD = ['network', 'bare loop, images/s', '`fit`, images/s', '`fit` / bare loop', 'images an epoch',
        'tracking / training', 'evaluating / training']


def line(*cells): return f"| {' | '.join(map(str, cells))} |"


def cpu_lines(rows, where):
    "What `cpu` measured, in Markdown."
    def show(m, f): return f"{m['median']:{f}} ({m['low']:{f}} to {m['high']:{f}})"
    yield line(*HEAD)
    yield '|---' + '|---:'*(len(HEAD) - 1) + '|'
    for name, r in rows.items():
        speed = r['images_per_second']
        yield line(name, f"{speed['bare']:,.0f}", f"{speed['fit']:,.0f}", show(r['fit_to_bare'], '.3f'),
                   f"{r['images_an_epoch']:,}", show(r['tracking'], '.2%'), show(r['evaluating'], '.1%'))
    yield ''
    yield (f"Medians with 95 % intervals (bootstrap) over {where['rounds']} rounds, 5 for the share of the larger "
           'network. Tracking: the logits of the training batches are kept, and `information_plane` places them after '
           'each epoch. Evaluating: `evaluate` after each epoch, on held-out images, a sixth as many as are trained on '
           '(as for MNIST); it passes them through the network.')
    yield ''
    yield (f"One CPU thread, CPU time, batches of {where['batch']}, Python {where['python']}, torch "
           f"{where['torch']}.")


def cpu(tiny):
    torch.set_num_threads(1)
    g = np.random.default_rng(0)
    rounds, n = (3, 640) if tiny else (25, 60_000)
    x = torch.from_numpy(g.integers(0, 256, (n, 1, 28, 28), dtype=np.uint8))
    noise = ImageSet(x, torch.from_numpy(g.integers(0, 10, n)), list('0123456789'))
    large, small = (1024, 1024), (256, 256)
    pictures = digits('train')
    rows = {
        '784-1024-1024-10': measure((noise[:6_400], large, 1), (noise, large, 1), rounds, min(rounds, 5)),
        '64-256-256-10': measure((pictures, small, 8), (pictures, small, 8), rounds, rounds)}
    where = dict(environment('cpu'), threads=1, batch=SIZE, rounds=rounds)
    lines = [*cpu_lines(rows, where)]
    if not tiny:
        (results/'train.json').write_text(json.dumps(dict(where, networks=rows), indent=1) + '\n')
        (results/'train.md').write_text('\n'.join(lines) + '\n')
    print('\n'.join(lines))


# On a GPU

class Race:
    "CIFAR-10 with a ResNet, or the digits with a small network: what is trained, and how."
    def __init__(self, tiny):
        from lightning_fabric import Fabric
        load, self.net, self.epochs, self.goal = (
            (digits, 'small_cnn', 2, .3) if tiny else (cifar10, 'resnet18', 24, .94))
        self.train, self.test = load('train'), load('test')
        if tiny: self.train, self.test = self.train[:256], self.test[:200]
        fabric = Fabric(accelerator='cpu' if tiny else 'cuda', devices=1, precision='bf16-mixed')
        self.how = dict(
            epochs=self.epochs, batch_size=64 if tiny else 512,
            lr=5e-3, weight_decay=.05, clip=1.,
            augment=dict(crop=1) if tiny else dict(crop=4, flip=True, cutout=8),
            fabric=fabric, progress=False)

    def run(self, eps, seed, on_epoch=None):
        torch.manual_seed(seed)
        body = network(self.net, self.train.x.shape[1:], 10, *channel_stats(self.train.x))
        model = Classifier(body, LabelSmoothing, eps).to(memory_format=torch.channels_last)
        return fit(model, self.train, seed=seed, on_epoch=on_epoch, **self.how)

    def history(self):
        "Seconds and held-out accuracy after each epoch; the clock stands still while the test set is looked at."
        history, start, away = [], time.perf_counter(), 0.
        def watch(epoch, model):
            nonlocal away
            now = time.perf_counter()
            accuracy = evaluate(model, self.test, .1)['accuracy']
            history.append(dict(epoch=epoch + 1, seconds=now - start - away, accuracy=accuracy))
            away += time.perf_counter() - now
        self.run(.1, 0, watch)
        return history


def gpu(tiny):
    "Time to 94 % on CIFAR-10 (the JPEG copy, which costs 2 to 3 points), and wall time of 8 smoothings x 3 seeds."
    if not (tiny or torch.cuda.is_available()):
        sys.exit('there is no GPU: add --tiny to see whether the code runs')
    race = Race(tiny)
    history, sweep = race.history(), []
    out = dict(
        environment('cpu' if tiny else None), network=race.net, goal=race.goal,
        seconds_to_goal=next((h['seconds'] for h in history if h['accuracy'] >= race.goal), None),
        best=max(h['accuracy'] for h in history),
        history=history)
    folder = Path(tempfile.mkdtemp()) if tiny else results
    def note(minutes):  # after every network: what is done is kept if the time runs out
        kept = dict(out, sweep_minutes=minutes, sweep=sweep)
        with atomic_path(folder/'train_gpu.json') as f: f.write_text(json.dumps(kept, indent=1) + '\n')
        with atomic_path(folder/'train_gpu.md') as f: f.write_text(gpu_line(kept, tiny) + '\n')
        print(gpu_line(kept, tiny), flush=True)
    note(0)
    start = time.perf_counter()
    for seed in range(1 if tiny else 3):
        for eps in SMOOTHINGS[::4] if tiny else SMOOTHINGS:
            sweep.append(dict(smoothing=eps, seed=seed, **evaluate(race.run(eps, seed), race.test, eps)))
            note((time.perf_counter() - start)/60)


def gpu_line(out, tiny=False):
    "What `gpu` measured, in a sentence."
    goal, reached, last = f"{out['goal']:.0%} of the test images", out['seconds_to_goal'], out['history'][-1]
    said = f'{goal} after {reached:.1f} s' if reached else f"{goal} not reached in {last['epoch']} epochs"
    jpeg = '' if tiny else ' CIFAR-10 from a lossy JPEG copy: not comparable with published figures.'
    return (f"{out['network']} on {out['hardware']}, torch {out['torch']}: {said} of training "
            f"(best {out['best']:.2%}; {last['epoch']} epochs in {last['seconds']:.1f} s); {len(out['sweep'])} "
            f"networks trained and evaluated in {out['sweep_minutes']:.1f} minutes.{jpeg}")


if __name__ == '__main__':
    tiny = '--tiny' in sys.argv
    gpu(tiny) if '--gpu' in sys.argv else cpu(tiny)
