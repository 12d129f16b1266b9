"""Cost of `InformationPlane.update` against one softmax of the same logits, written into memory that is there, and
against torchmetrics' `CalibrationError`. One thread, all in one run, medians of the ratios of alternating rounds.

    python benchmarks/plane.py
"""
import json
import os
import platform
import statistics
import time
from pathlib import Path
import torch
import torchmetrics
from torchmetrics.classification import MulticlassCalibrationError
from lsib import InformationPlane

ROUNDS = 41
SIZES = ((1024, 10), (1024, 1000), (8192, 1000))


def cost(f) -> float:
    "CPU time of a call, in ms."
    start = time.process_time()
    f()
    return (time.process_time() - start)*1e3


def measure(n: int, k: int) -> dict:
    "A softmax of n x k logits in ms, and the two metrics as ratios to it."
    torch.manual_seed(0)
    x, y, plane = torch.randn(n, k), torch.randint(k, (n,)), InformationPlane(k)
    q = torch.empty_like(x)
    ece = MulticlassCalibrationError(k)

    def calibration():
        ece.reset()  # it keeps a list: empty it each time
        ece.update(x, y)

    runs = dict(softmax=lambda: torch.softmax(x, -1, out=q), plane=lambda: plane.update(x, y), calibration=calibration)
    times = {name: [] for name in runs}
    for _ in range(ROUNDS + 1):
        for name, f in runs.items(): times[name].append(cost(f))
    softmax = times['softmax'][1:]
    ratio = lambda name: statistics.median(a/b for a, b in zip(times[name][1:], softmax, strict=True))
    return dict(softmax_ms=statistics.median(softmax), plane=ratio('plane'), calibration=ratio('calibration'))


def main() -> None:
    torch.set_num_threads(1)
    rows = {f'{n} x {k}': measure(n, k) for n, k in SIZES}
    where = dict(python=platform.python_version(), torch=torch.__version__, torchmetrics=torchmetrics.__version__,
                 threads=1, device='cpu', rounds=ROUNDS, load=round(os.getloadavg()[0], 1), cores=os.cpu_count())
    lines = ['| logits | softmax, ms | `InformationPlane.update`, ratio | `CalibrationError.update`, ratio |',
             '|---|---:|---:|---:|']
    lines += [f"| {k} | {r['softmax_ms']:.3f} | {r['plane']:.2f} | {r['calibration']:.2f} |" for k, r in rows.items()]
    lines += ['', f"One CPU thread, CPU time, Python {where['python']}, torch {where['torch']}, torchmetrics "
              f"{where['torchmetrics']}; load average {where['load']} on {where['cores']} cores: the caches that many "
              "classes need are shared."]
    out = Path(__file__).parent/'results'
    (out/'plane.json').write_text(json.dumps(dict(where, ratios_to_softmax=rows), indent=1) + '\n')
    (out/'plane.md').write_text('\n'.join(lines) + '\n')
    print('\n'.join(lines))


if __name__ == '__main__': main()
