"""Cost of the label-smoothing losses, forward and backward, against torch's own: time and memory.

    python benchmarks/loss.py [--quick]

One thread. Ratios are medians over alternating rounds of one run, of CPU time (of CUDA events where there is a GPU).
Memory is the peak of a fresh process over what it held before the loss, in sizes of the logits.
"""
import json
import math
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
import torch
import torch.nn.functional as F
from lsib.smoothing import LabelSmoothingLoss, label_smoothing_loss
from lsib.vocabulary import linear_label_smoothing_loss

QUICK = '--quick' in sys.argv
ROUNDS = 5 if QUICK else 15
DEVICE = 'cuda' if torch.cuda.is_available() else 'cpu'
SIZES = (256, 10), (256, 1000), (4096, 1000), (512, 32_000)
N, H, K = 2048, 256, 32_000  # a language model's last layer
LARGE = 4096, 512, 128_000  # a large one, of which only the memory is measured


def losses(n, k):
    "The logits, and a function of each way to their loss."
    torch.manual_seed(0)
    x = torch.randn(n, k, device=DEVICE, requires_grad=True)
    y = torch.randint(k, (n,), device=DEVICE)
    pi = torch.rand(k).softmax(0).to(DEVICE)
    module = LabelSmoothingLoss(.1, pi)
    ways = dict(
        torch=lambda: F.cross_entropy(x, y, label_smoothing=.1),
        uniform=lambda: label_smoothing_loss(x, y, .1),
        prior=lambda: module(x, y),
        prior_each_call=lambda: label_smoothing_loss(x, y, .1, pi))
    return (x,), ways


def linear_losses(n=N, width=H, k=K):
    "Hidden states and weights, and a function of each way to the loss of their logits."
    torch.manual_seed(0)
    h = torch.randn(n, width, device=DEVICE, requires_grad=True)
    w = torch.randn(k, width, device=DEVICE).mul(.05).requires_grad_()
    y, pi = torch.randint(k, (n,), device=DEVICE), torch.rand(k).softmax(0).to(DEVICE)
    ways = dict(
        torch=lambda: F.cross_entropy(h @ w.T, y, label_smoothing=.1),
        uniform=lambda: linear_label_smoothing_loss(h, w, y, .1),
        prior=lambda: linear_label_smoothing_loss(h, w, y, .1, pi))
    if hasattr(F, 'linear_cross_entropy'):
        options = torch.nn.LinearCrossEntropyOptions(batch_chunk_size=256)
        fused = lambda h, w, y: F.linear_cross_entropy(h, w, y, options=options)
        ways['torch_chunked'] = lambda: linear_label_smoothing_loss(h, w, y, .1, pi, cross_entropy=fused)
    return (h, w), ways


def cost(loss, leaves, calls):
    "Milliseconds of one forward and backward pass."
    start = tick()
    for _ in range(calls):
        for v in leaves: v.grad = None
        loss().backward()
    return (tick() - start)/calls


def tick():
    "Milliseconds: of CPU time, or of the GPU's work."
    if DEVICE == 'cpu': return time.process_time()*1e3
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    torch.cuda.synchronize()
    return FIRST.elapsed_time(event)


def compare(leaves, ways, rounds=ROUNDS):
    "Milliseconds of torch's loss, and the ratio of every other to it."
    calls = max(1, math.ceil(20/max(cost(f, leaves, 2) for f in ways.values())))
    times = {name: [] for name in ways}
    for _ in range(rounds):
        for name, f in ways.items(): times[name].append(cost(f, leaves, calls))
    ratio = lambda name: statistics.median(a/b for a, b in zip(times[name], times['torch']))
    return dict(torch_ms=statistics.median(times['torch']), **{name: ratio(name) for name in ways if name != 'torch'})


PEAK = """
import sys; sys.path.insert(0, {folder!r})
import torch, loss
leaves, ways = loss.{build}
warm = torch.randn(4, 4, requires_grad=True)
(warm @ warm).log_softmax(1).sum().backward()
open('/proc/self/clear_refs', 'w').write('5')  # the peak from here on
size = lambda name: int(next(r for r in open('/proc/self/status') if r.startswith(name)).split()[1])/1024
before = size('VmRSS')
ways[{name!r}]().backward()
print(size('VmHWM') - before)
"""


def memory(build, name):
    "MiB at the peak of one forward and backward pass, in a fresh process (Linux)."
    code = PEAK.format(folder=str(Path(__file__).parent), build=build, name=name)
    return float(subprocess.run([sys.executable, '-c', code], check=True, capture_output=True, text=True).stdout)


def table(rows, head):
    "Markdown."
    return [head, '|---' + '|---:'*(head.count('|') - 2) + '|'] + rows


def main():
    out = dict(python=platform.python_version(), torch=torch.__version__, threads=1, device=DEVICE, rounds=ROUNDS)
    out['ratios'] = {f'{n} x {k}': compare(*losses(n, k)) for n, k in SIZES}
    names = 'torch', 'uniform', 'prior'
    buffer = 4*512*32_000/2**20
    out['memory_512x32000'] = {name: memory('losses(512, 32_000)', name)/buffer for name in names}
    ways = [*linear_losses()[1]]
    out[f'linear_{N}x{H}x{K}'] = compare(*linear_losses(), rounds=3 if QUICK else 5)
    out['linear_memory_mib'] = {name: memory('linear_losses()', name) for name in ways}
    if not QUICK: out['large_memory_mib'] = {name: memory(f'linear_losses{LARGE}', name) for name in names}
    lines = table([f"| {k} | {r['torch_ms']:.3f} | {r['uniform']:.2f} | {r['prior']:.2f} | {r['prior_each_call']:.2f} |"
                   for k, r in out['ratios'].items()],
                  '| logits | torch, ms | uniform prior, ratio | other prior, ratio | other prior, checked each time |')
    lines += ['', 'Memory at 512 x 32000, in sizes of the logits: '
              + ', '.join(f'{name} {m:.1f}' for name, m in out['memory_512x32000'].items()) + '.', '']
    time_of, room_of = out[f'linear_{N}x{H}x{K}'], out['linear_memory_mib']
    lines += table([f"| {name} | {time_of.get(name, 1.):.2f} | {room_of[name]:.0f} |" for name in ways],
                   f'| hidden states, {N} x {H}, to {K:,} classes | time, ratio | memory, MiB |')
    if not QUICK:
        n, width, k = LARGE
        room = ', '.join(f'{name} {m:,.0f}' for name, m in out['large_memory_mib'].items())
        lines += ['', f'Memory from {n:,} x {width} to {k:,} classes, MiB: {room}.']
    lines += ['', f"One thread, {'CPU time' if DEVICE == 'cpu' else torch.cuda.get_device_name()}, "
              f"Python {out['python']}, torch {out['torch']}."]
    if not QUICK:
        results = Path(__file__).parent/'results'
        (results/'loss.json').write_text(json.dumps(out, indent=1) + '\n')
        (results/'loss.md').write_text('\n'.join(lines) + '\n')
    print('\n'.join(lines))


torch.set_num_threads(1)
if DEVICE == 'cuda': (FIRST := torch.cuda.Event(enable_timing=True)).record()
if __name__ == '__main__': main()
