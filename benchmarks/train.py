"""What the loop costs. On a CPU, with one thread: `fit` against the same network in a bare PyTorch loop, and the time that tracking the plane takes of it. On a GPU: how long CIFAR-10 and the sweep of the paper take.

    python benchmarks/train.py               # on a CPU
    python benchmarks/train.py --gpu         # on a GPU: bf16, channels last
    python benchmarks/train.py --gpu --tiny  # the same code on a CPU, with little digits: does it run?

On a CPU, two networks: the perceptron 784-1024-1024-10 on random bytes of MNIST's shape (what is in them does not matter), and a tiny one, 64-256-256-10 on the digits, where a step takes a millisecond and every call counts.
Rounds alternate between the bare loop and `fit`, in turn from either side, and ratios are taken within a round. What tracking costs is not a difference of two such times, which would drown in their noise: the clock is read
around it. All of it is CPU time.
"""
import json, platform, statistics, sys, tempfile, time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from scipy.stats import bootstrap

from lsib.bottleneck import atomic_path
from lsib.data import ImageSet, cifar10, channel_stats, digits
from lsib.models import Classifier, LabelSmoothing, mlp, network
from lsib.plane import information_plane
from lsib.smoothing import label_smoothing_loss
from lsib.train import SMOOTHINGS, environment, evaluate, fit

SIZE, loss = 128, partial(label_smoothing_loss, smoothing=.1)
results = Path(__file__).parent/'results'

def bare(data, widths, epochs):
    model = mlp(data.x[0].numel(), 10, widths)
    opt = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0., fused=True)
    for _ in range(epochs):
        for i in torch.randperm(len(data)).split(SIZE):
            l = loss(model(data.x[i].float()/255), data.y[i])
            opt.zero_grad(); l.backward(); opt.step()

def ours(data, widths, epochs, loss=loss, **kw): fit(mlp(data.x[0].numel(), 10, widths), data, loss, epochs=epochs, batch_size=SIZE, lr=1e-3, device='cpu', progress=False, **kw)

def tracked(data, widths, epochs):
    "Seconds of training, of tracking the training batches, and of evaluating a sixth as many images after each epoch."
    held, seen, spent = data[:len(data)//6], [], dict(track=0., evaluate=0.)
    def timed(what, f, *args):
        start = time.process_time(); f(*args); spent[what] += time.process_time() - start
    def watched(logits, y):
        timed('track', seen.append, (logits.detach(), y))
        return loss(logits, y)
    def epoch(e, model):
        timed('track', lambda: information_plane(*map(torch.cat, zip(*seen)), base=2)); seen.clear()
        timed('evaluate', evaluate, model, held, .1)
    start = time.process_time()
    ours(data, widths, epochs, watched, on_epoch=epoch)
    return time.process_time() - start - sum(spent.values()), spent['track'], spent['evaluate']

def median(values): # with the 95 % interval of a bootstrap over the rounds
    i = bootstrap((values,), np.median, rng=0, method='percentile').confidence_interval
    return dict(median=statistics.median(values), low=i.low, high=i.high)

def cpu(rounds=25):
    torch.set_num_threads(1)
    g = np.random.default_rng(0)
    noise = ImageSet(torch.from_numpy(g.integers(0, 256, (60_000, 1, 28, 28), dtype=np.uint8)), torch.from_numpy(g.integers(0, 10, 60_000)), list('0123456789'))
    rows = {}
    for name, job, watch, times in (('784-1024-1024-10', (noise[:6_400], (1024, 1024), 1), (noise, (1024, 1024), 1), 5), ('64-256-256-10', (digits('train'), (256, 256), 8), (digits('train'), (256, 256), 8), rounds)):
        def seconds(f): start = time.process_time(); f(*job); return time.process_time() - start
        bare(*job), ours(*job)  # warm up
        pairs = [[seconds(f) for f in ((bare, ours) if r % 2 else (ours, bare))][::1 if r % 2 else -1] for r in range(rounds)]
        spent = [tracked(*watch) for _ in range(times)]
        rows[name] = dict(images_per_second={k: len(job[0])*job[2]/statistics.median(t) for k, t in zip(('bare', 'fit'), zip(*pairs))}, fit_to_bare=median([a/b for a, b in pairs]), seconds=pairs,
            images_an_epoch=len(watch[0]), tracking=median([t/s for s, t, _ in spent]), evaluating=median([e/s for s, _, e in spent]))
    where = dict(environment('cpu'), threads=1, batch=SIZE, rounds=rounds)
    (results/'train.json').write_text(json.dumps(dict(where, networks=rows), indent=1) + '\n')
    show = lambda m, f: f"{m['median']:{f}} ({m['low']:{f}} to {m['high']:{f}})"
    lines = ['| network | bare loop, images/s | `fit`, images/s | `fit` / bare loop | images an epoch | tracking / training | evaluating / training |', '|---|---:|---:|---:|---:|---:|---:|']
    lines += [f"| {k} | {r['images_per_second']['bare']:,.0f} | {r['images_per_second']['fit']:,.0f} | {show(r['fit_to_bare'], '.3f')} | {r['images_an_epoch']:,} | {show(r['tracking'], '.2%')} | {show(r['evaluating'], '.1%')} |" for k, r in rows.items()]
    lines += ['', f'Medians with 95 % intervals (bootstrap) over {rounds} rounds, 5 for the share of the larger network. Tracking: the logits of the training batches are kept, and `information_plane` places them after each epoch. '
        'Evaluating: `evaluate` after each epoch, on held-out images, a sixth as many as are trained on (as for MNIST); it passes them through the network.', '', f"One CPU thread, CPU time, batches of {SIZE}, Python {where['python']}, torch {where['torch']}."]
    (results/'train.md').write_text('\n'.join(lines) + '\n')
    print('\n'.join(lines))

def gpu(tiny):
    "Time to 94 % on CIFAR-10 (the JPEG copy, which costs 2 to 3 points), and wall time of 8 amounts of smoothing x 3 seeds. `tiny`: the same on a CPU, to see that it runs."
    from lightning_fabric import Fabric
    if not (tiny or torch.cuda.is_available()): sys.exit('there is no GPU: add --tiny to see whether the code runs')
    load, net, epochs, goal = (digits, 'small_cnn', 2, .3) if tiny else (cifar10, 'resnet18', 24, .94)
    train, test = load('train'), load('test')
    if tiny: train, test = train[:256], test[:200]
    fabric = Fabric(accelerator='cpu' if tiny else 'cuda', devices=1, precision='bf16-mixed')
    def run(eps, seed, on_epoch=None):
        torch.manual_seed(seed)
        model = Classifier(network(net, train.x.shape[1:], 10, *channel_stats(train.x)), LabelSmoothing, eps).to(memory_format=torch.channels_last)
        return fit(model, train, epochs=epochs, batch_size=64 if tiny else 512, lr=5e-3, weight_decay=.05, clip=1., seed=seed, augment=dict(crop=1) if tiny else dict(crop=4, flip=True, cutout=8), fabric=fabric, on_epoch=on_epoch, progress=False)
    history, start, away = [], time.perf_counter(), 0.
    def watch(epoch, model):  # the clock stands still while the test set is looked at
        nonlocal away
        now = time.perf_counter()
        history.append(dict(epoch=epoch + 1, seconds=now - start - away, accuracy=evaluate(model, test, .1)['accuracy']))
        away += time.perf_counter() - now
    run(.1, 0, watch)
    reached, folder, sweep = next((h['seconds'] for h in history if h['accuracy'] >= goal), None), Path(tempfile.mkdtemp()) if tiny else results, []
    said = f"{goal:.0%} of the test images after {reached:.1f} s" if reached else f"{goal:.0%} of the test images not reached in {epochs} epochs"
    def note(minutes):  # after every network: what is done is kept if the time runs out
        out = dict(environment('cpu' if tiny else None), network=net, goal=goal, seconds_to_goal=reached, best=max(h['accuracy'] for h in history), history=history, sweep_minutes=minutes, sweep=sweep)
        with atomic_path(folder/'train_gpu.json') as f: f.write_text(json.dumps(out, indent=1) + '\n')
        text = f"{net} on {out['hardware']}, torch {out['torch']}: {said} of training (best {out['best']:.2%}; {epochs} epochs in {history[-1]['seconds']:.1f} s); {len(sweep)} networks trained and evaluated in {minutes:.1f} minutes."
        with atomic_path(folder/'train_gpu.md') as f: f.write_text(text + ('' if tiny else ' CIFAR-10 from a lossy JPEG copy: not comparable with published figures.') + '\n')
        return text
    print(note(0), flush=True)
    start = time.perf_counter()
    for seed in range(1 if tiny else 3):
        for eps in SMOOTHINGS[::4] if tiny else SMOOTHINGS:
            sweep.append(dict(smoothing=eps, seed=seed, **evaluate(run(eps, seed), test, eps)))
            print(note((time.perf_counter() - start)/60), flush=True)

if __name__ == '__main__': gpu('--tiny' in sys.argv) if '--gpu' in sys.argv else cpu()
