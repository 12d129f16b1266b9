"""Many labels: seconds, memory and gap of `solve_ib`, each solve in a process of its own.

    python benchmarks/many.py       # joints g and h, and topics of 2,000 documents x 1,000 words; about two minutes

The rows go to nbs/results/many_timings.parquet, which `02c_many` shows. LSIB_JOINTS as in solver.py.
"""
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
import numpy as np
import pandas as pd
from solver import joint
from lsib.bottleneck import solve_ib
from lsib.files import write_parquet
from lsib.train import environment

RESULTS = Path(__file__).resolve().parent.parent/'nbs'/'results'/'many_timings.parquet'
WORK = [('g', 5), ('g', 20), ('h', 1.1), ('h', 2), ('h', 5), ('topics', 20)]


def topics(n=2000, words=1000, topics=8, noise=.03, seed=0):
    "A joint of documents and words, made like g."
    rng = np.random.default_rng(seed)
    topic = rng.dirichlet(np.full(words, .1), topics)
    share = rng.dirichlet(np.full(topics, .3), n)
    rows = (1 - noise)*share @ topic + noise*rng.dirichlet(np.ones(words), n)
    pxy = rng.dirichlet(np.full(n, 5.))[:, None]*rows
    return pxy/pxy.sum()


def solved(name, beta):
    "A row: what was solved, how well, and what it took."
    pxy = topics() if name == 'topics' else joint(name)
    solve_ib(pxy[:5, :60]/pxy[:5, :60].sum(), 2.)  # the first call costs more
    start, cpu = time.perf_counter(), time.process_time()
    s = solve_ib(pxy, float(beta))
    found = dict(gap=s.gap, words=len(s.pt), objective=s.objective)
    spent = dict(seconds=time.perf_counter() - start, cpu_seconds=time.process_time() - cpu)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024
    return dict(joint=name, inputs=pxy.shape[0], labels=pxy.shape[1], beta=float(beta)) | found | spent | dict(mib=peak)


if __name__ == '__main__':
    if len(sys.argv) == 3: sys.exit(print(json.dumps(solved(*sys.argv[1:]))))
    rows = []
    for name, beta in WORK:
        run = subprocess.run([sys.executable, __file__, name, str(beta)], stdout=subprocess.PIPE, text=True, check=True)
        rows.append(json.loads(run.stdout))
        print(rows[-1], flush=True)
        write_parquet(pd.DataFrame(rows).assign(**environment('cpu')), RESULTS)
