"""Images per second: batches of tensors against a `DataLoader` that augments image by image. One thread, both in one
run, medians of alternating rounds.

    python benchmarks/data.py

The images are random bytes of CIFAR-10's shape (what is in them does not matter); crop 4, mirror, cutout 8, then floats
less a mean over a deviation, batches of 512.
"""
import json
import platform
import statistics
import time
from itertools import count
from pathlib import Path
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from lsib.data import ImageSet, batches, float_images
from lsib.worlds import Cluttered, Occluded, Tinted

torch.set_num_threads(1)
SIZE, ROUNDS, MEAN, STD = 512, 7, [.4914, .4822, .4465], [.2470, .2435, .2616]
M, S = (np.array(t, np.float32).reshape(3, 1, 1) for t in (MEAN, STD))
epoch = count()

def image_set(n, shape):
    x = np.random.default_rng(0).integers(0, 256, (n, *shape), dtype=np.uint8)
    return ImageSet(torch.from_numpy(x), torch.arange(n) % 10, list('0123456789'))

class Images(Dataset):
    "Image by image, in NumPy, which is faster at this than torch."
    def __init__(self, images, augment): self.x, self.y, self.augment = images.x.numpy(), images.y.numpy(), augment
    def __len__(self): return len(self.x)
    def __getitem__(self, i):
        x = self.x[i]
        if self.augment:
            padded = np.zeros((3, 40, 40), np.uint8); padded[:, 4:36, 4:36] = x
            r, c, flip, a, b = np.random.randint((9, 9, 2, 32, 32))
            x = padded[:, r:r + 32, c:c + 32]
            if flip: x = x[:, :, ::-1]
            x[:, max(a - 4, 0):a + 4, max(b - 4, 0):b + 4] = 0
        return torch.from_numpy((x.astype(np.float32)/255 - M)/S), self.y[i]

def loader(images, augment):
    for _ in DataLoader(Images(images, augment), SIZE, shuffle=True): pass

def tensors(images, augment):
    settings = dict(crop=4, flip=True, cutout=8) if augment else {}
    for b in batches(images, SIZE, epoch=next(epoch), **settings): float_images(b.x, MEAN, STD)

def world(images):
    for b in batches(images, SIZE, epoch=next(epoch)): float_images(b.x)

def rate(f, images, *args):
    start = time.perf_counter(); f(images, *args)
    return len(images)/(time.perf_counter() - start)

cifar, few, digits = image_set(50_000, (3, 32, 32)), image_set(5_000, (3, 32, 32)), image_set(10_000, (1, 28, 28))
runs = {
    'crop, mirror, cutout: tensors': (tensors, cifar, True),
    'crop, mirror, cutout: DataLoader': (loader, few, True),
    'no augmentation: tensors': (tensors, cifar, False),
    'no augmentation: DataLoader': (loader, few, False),
    'drawn on the fly: occluded, 3x32x32': (world, Occluded(cifar[:10_000], digits)),
    'drawn on the fly: occluded, fresh every epoch': (world, Occluded(cifar[:10_000], digits, draws='fresh')),
    'drawn on the fly: tinted, fresh every epoch': (world, Tinted(cifar[:10_000], draws='fresh')),
    'drawn on the fly: cluttered, 1x64x64': (world, Cluttered(digits)),
}
rates = {name: [] for name in runs}
for run in runs.values(): rate(*run)  # warm up
for _ in range(ROUNDS):
    for name, run in runs.items(): rates[name].append(rate(*run))
median = {name: statistics.median(t) for name, t in rates.items()}
def times_as_fast(k): # tensors against the loader, median over the rounds
    pairs = zip(rates[f'{k}: tensors'], rates[f'{k}: DataLoader'])
    return statistics.median(a/b for a, b in pairs)
ratio = {k: times_as_fast(k) for k in ('crop, mirror, cutout', 'no augmentation')}

out = Path(__file__).parent/'results'
out.mkdir(exist_ok=True)
where = dict(python=platform.python_version(), torch=torch.__version__, numpy=np.__version__, threads=1, device='cpu',
             batch=SIZE, rounds=ROUNDS)
result = dict(where, images_per_second=median, ratio=ratio, all=rates)
(out/'data.json').write_text(json.dumps(result, indent=1) + '\n')
lines = ['| work | images/s, median | lowest to highest |', '|---|---:|---:|']
lines += [f'| {n} | {median[n]:,.0f} | {min(t):,.0f} to {max(t):,.0f} |' for n, t in rates.items()]
faster = 'tensors are {:.1f} times as fast (median of the ratios of {} rounds).'
lines += ['', *(f'{k}: {faster.format(v, ROUNDS)}' for k, v in ratio.items()), '']
versions = f'Python {where["python"]}, torch {where["torch"]}, NumPy {where["numpy"]}'
lines += [f'One CPU thread, batches of {SIZE}, {versions}.']
(out/'data.md').write_text('\n'.join(lines) + '\n')
print('\n'.join(lines))
