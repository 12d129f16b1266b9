"""Images per second of `fit` against the same network in a bare PyTorch loop, and what tracking the plane on every training batch adds. One thread, CPU time, medians of the ratios of alternating rounds.

    python benchmarks/train.py

The images are random bytes of MNIST's shape (what is in them does not matter); the network is the perceptron 784-1024-1024-10, Adam, batches of 128.
"""
import json, platform, statistics, time
from functools import partial
from pathlib import Path

import numpy as np
import torch

from lsib.data import ImageSet
from lsib.models import mlp
from lsib.plane import InformationPlane
from lsib.smoothing import label_smoothing_loss
from lsib.train import fit

torch.set_num_threads(1)
ROUNDS, SIZE = 7, 128
g = np.random.default_rng(0)
data = ImageSet(torch.from_numpy(g.integers(0, 256, (12_800, 1, 28, 28), dtype=np.uint8)), torch.from_numpy(g.integers(0, 10, 12_800)), list('0123456789'))
loss = partial(label_smoothing_loss, smoothing=.1)

def bare():
    model = mlp(784, 10, (1024, 1024))
    opt = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0., fused=True)
    for i in torch.randperm(len(data)).split(SIZE):
        l = loss(model(data.x[i].float()/255), data.y[i])
        opt.zero_grad(); l.backward(); opt.step()

def ours(loss=loss): fit(mlp(784, 10, (1024, 1024)), data, loss, epochs=1, batch_size=SIZE, lr=1e-3, device='cpu', progress=False)

def tracked():
    plane = InformationPlane(10)
    def watched(logits, y):
        plane.update(logits.detach(), y)
        return loss(logits, y)
    ours(watched)
    plane.compute()

def cost(f):
    start = time.process_time(); f()
    return time.process_time() - start

runs = {'bare loop': bare, 'fit': ours, 'fit, plane tracked': tracked}
for f in runs.values(): cost(f)  # warm up
times = {k: [] for k in runs}
for _ in range(ROUNDS):
    for k, f in runs.items(): times[k].append(cost(f))
speed = statistics.median(a/b for a, b in zip(times['bare loop'], times['fit']))
overhead = statistics.median(a/b for a, b in zip(times['fit, plane tracked'], times['fit'])) - 1

out = Path(__file__).parent/'results'
where = dict(python=platform.python_version(), torch=torch.__version__, threads=1, device='cpu', batch=SIZE, rounds=ROUNDS)
(out/'train.json').write_text(json.dumps(dict(where, speed_of_fit_to_bare=speed, overhead_of_plane=overhead, seconds=times), indent=1) + '\n')
lines = ['| loop | images/s, median |', '|---|---:|'] + [f'| {k} | {len(data)/statistics.median(t):,.0f} |' for k, t in times.items()]
lines += ['', f'`fit` runs at {speed:.2f} of the bare loop; tracking the plane on every training batch adds {overhead:.1%} (medians of the ratios of {ROUNDS} rounds).',
    '', f"One CPU thread, CPU time, batches of {SIZE}, Python {where['python']}, torch {where['torch']}."]
(out/'train.md').write_text('\n'.join(lines) + '\n')
print('\n'.join(lines))
