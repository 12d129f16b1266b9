"""Cost of the label-smoothing loss, forward and backward, against torch's own. One thread, both in one run, medians of the ratios of alternating rounds.

    python benchmarks/loss.py
"""
import json, platform, statistics, time
from pathlib import Path

import torch
import torch.nn.functional as F

from lsib.smoothing import label_smoothing_loss, linear_label_smoothing_loss

torch.set_num_threads(1)
ROUNDS = 11

def cost(loss, *leaves):
    for v in leaves: v.grad = None
    start = time.process_time()
    loss().backward()
    return (time.process_time() - start)*1e3

def compare(runs, *leaves):
    for f in runs.values(): cost(f, *leaves)  # warm up
    times = {k: [] for k in runs}
    for _ in range(ROUNDS):
        for k, f in runs.items(): times[k].append(cost(f, *leaves))
    return dict(torch_ms=statistics.median(times['torch']), **{k: statistics.median(a/b for a, b in zip(t, times['torch'])) for k, t in times.items() if k != 'torch'})

torch.manual_seed(0)
rows = {}
for n, k in ((256, 10), (256, 1000), (4096, 1000), (512, 32_000)):
    x, y, pi = torch.randn(n, k, requires_grad=True), torch.randint(k, (n,)), torch.rand(k).softmax(0)
    rows[f'{n} x {k}'] = compare(dict(torch=lambda: F.cross_entropy(x, y, label_smoothing=.1), uniform=lambda: label_smoothing_loss(x, y, .1), prior=lambda: label_smoothing_loss(x, y, .1, pi)), x)
h, w, y = torch.randn(512, 256, requires_grad=True), torch.randn(32_000, 256).mul(.05).requires_grad_(), torch.randint(32_000, (512,))
chunked = compare(dict(torch=lambda: F.cross_entropy(h @ w.T, y, label_smoothing=.1), chunked=lambda: linear_label_smoothing_loss(h, w, y, .1, chunk=64)), h, w)

out = Path(__file__).parent/'results'
where = dict(python=platform.python_version(), torch=torch.__version__, threads=1, device='cpu', rounds=ROUNDS)
(out/'loss.json').write_text(json.dumps(dict(where, ratios=rows, linear_512x256x32000=chunked), indent=1) + '\n')
lines = ['| logits | torch, ms | uniform prior, ratio | other prior, ratio |', '|---|---:|---:|---:|'] + [f"| {k} | {r['torch_ms']:.3f} | {r['uniform']:.2f} | {r['prior']:.2f} |" for k, r in rows.items()]
lines += ['', f"From hidden states, 512 x 256 to 32,000 classes: `linear_label_smoothing_loss` in chunks of 64 rows takes {chunked['chunked']:.2f} of the time of torch's loss on all logits at once, and holds 64 rows of logits instead of 512.",
    '', f"One CPU thread, CPU time, Python {where['python']}, torch {where['torch']}."]
(out/'loss.md').write_text('\n'.join(lines) + '\n')
print('\n'.join(lines))
