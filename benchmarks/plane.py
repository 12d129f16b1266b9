"""Cost of `InformationPlane.update` against one softmax of the same logits, written into memory that is there, and against torchmetrics' `CalibrationError`.
One thread, all in one run, medians of the ratios of alternating rounds.

    python benchmarks/plane.py
"""
import json, os, platform, statistics, time
from pathlib import Path

import torch
import torchmetrics
from torchmetrics.classification import MulticlassCalibrationError

from lsib import InformationPlane

torch.set_num_threads(1)
ROUNDS = 41

def cost(f):
    start = time.process_time(); f()
    return (time.process_time() - start)*1e3

rows = {}
for n, k in ((1024, 10), (1024, 1000), (8192, 1000)):
    torch.manual_seed(0)
    x, y, plane = torch.randn(n, k), torch.randint(k, (n,)), InformationPlane(k)
    q = torch.empty_like(x)
    ece = MulticlassCalibrationError(k)
    def calibration(): ece.reset(); ece.update(x, y)  # it keeps a list: empty it each time
    runs = dict(softmax=lambda: torch.softmax(x, -1, out=q), plane=lambda: plane.update(x, y), calibration=calibration)
    times = {name: [] for name in runs}
    for _ in range(ROUNDS + 1):
        for name, f in runs.items(): times[name].append(cost(f))
    times = {name: t[1:] for name, t in times.items()}
    rows[f'{n} x {k}'] = dict(softmax_ms=statistics.median(times['softmax']), **{name: statistics.median(a/b for a, b in zip(times[name], times['softmax'])) for name in ('plane', 'calibration')})

out = Path(__file__).parent/'results'
where = dict(python=platform.python_version(), torch=torch.__version__, torchmetrics=torchmetrics.__version__, threads=1, device='cpu', rounds=ROUNDS, load=round(os.getloadavg()[0], 1), cores=os.cpu_count())
(out/'plane.json').write_text(json.dumps(dict(where, ratios_to_softmax=rows), indent=1) + '\n')
lines = ['| logits | softmax, ms | `InformationPlane.update`, ratio | `CalibrationError.update`, ratio |', '|---|---:|---:|---:|']
lines += [f"| {k} | {r['softmax_ms']:.3f} | {r['plane']:.2f} | {r['calibration']:.2f} |" for k, r in rows.items()]
lines += ['', f"One CPU thread, CPU time, Python {where['python']}, torch {where['torch']}, torchmetrics {where['torchmetrics']}; load average {where['load']} on {where['cores']} cores: the caches that many classes need are shared."]
(out/'plane.md').write_text('\n'.join(lines) + '\n')
print('\n'.join(lines))
