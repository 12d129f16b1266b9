"""Certified bottleneck solver against embo, dit and plain Blahut-Arimoto. One thread, CPU seconds, all in one run.

    python benchmarks/solver.py               # all joints; LSIB_CAP: seconds that a peer may take (60)
    python benchmarks/solver.py abc           # the joints a, b and c alone, nothing written
    python benchmarks/solver.py --gpu         # ours on a GPU, against itself on one thread of the CPU beside it
    python benchmarks/solver.py --gpu --tiny  # the same code on a CPU, a part of it: does it run?

LSIB_JOINTS names the folder of the joints. Every solver runs in a process of its own, and is timed in it without
imports. What counts as reached is 1e-6 nats above the certified optimum. Peers get what they lack:

- Equal rows are merged before Blahut-Arimoto. "BA oracle" starts from the identity and stops once it is within 1e-6 of
  the certified optimum, which only we can know.
- "BA" is the textbook's, from a random encoder until a round gains less than 1e-10. "BA x10" takes the best of ten of
  those, from random encoders into 2|Y| words.
- embo gets beta ln 2, which undoes its units (its kernel holds bits).
"""
import json
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
import numpy as np

HERE = Path(__file__).resolve().parent
JOINTS = Path(os.environ.get('LSIB_JOINTS', HERE.parent.parent/'shared'/'joints'))
CAP = float(os.environ.get('LSIB_CAP', 60))
MEMORY = 11 << 30  # bytes that a solver may take
BETAS = [math.sqrt(2), 2., 4., 8., 16., 64.]
PEERS = ['BA oracle', 'BA', 'BA x10', 'embo', 'embo10', 'dit']


def joint(name):
    if name[0].isdigit():  # rows x 10, Dirichlet(.3)
        n = int(float(name))
        return np.random.default_rng(0).dirichlet(np.full(10, .3), n)/n
    file = next(JOINTS.glob(f'{name}_*.npy'), None)
    if file is None: sys.exit(f'no joint {name} in {JOINTS}: set LSIB_JOINTS to their folder')
    p = np.load(file).astype(float)
    return p/p.sum()


# What is timed: functions of a joint, a multiplier and the certified optimum, to an objective and more to note

def ours(p, beta, _):
    from lsib.bottleneck import solve_ib
    s = solve_ib(p, beta, proof=None if p.shape[1] < 4 else 0)
    return s.objective, dict(gap=s.gap, certificate=s.certificate, atoms=len(s.pt))


def flops(p, beta, _):
    from torch.utils.flop_counter import FlopCounterMode
    with FlopCounterMode(display=False) as count: value, _ = ours(p, beta, _)
    return value, dict(flops=count.get_total_flops())


def gemm(*_):
    import torch
    a = torch.randn(2000, 2000, dtype=torch.float64)
    a @ a  # warm up
    start = time.process_time()
    for _ in range(5): a @ a
    return 0., dict(rate=5*2*2000**3/(time.process_time() - start))


def lockstep(p, *_):
    "Seconds for sixteen multipliers at once, over those one by one."
    from lsib.bottleneck import solve_ib
    betas, times = np.geomspace(2, 64, 16), []
    together = lambda: solve_ib(p, betas, proof=0)
    one_by_one = lambda: [solve_ib(p, b, proof=0) for b in betas]
    for solve in (together, one_by_one)*2:  # the first two warm up
        start = time.process_time()
        solve()
        times.append(time.process_time() - start)
    return 0., dict(ratio=times[2]/times[3])


def blahut_arimoto(p, beta, target=None, words=None, seed=0):
    "Rounds from the identity to the `target`; without one, from a random encoder until they gain nothing."
    import torch
    from torch.special import xlogy
    from lsib.solver import reduced_joint
    _, _, py, r, w = reduced_joint(torch.tensor(p))
    start = time.process_time()
    random = torch.Generator().manual_seed(seed)
    encoder = (torch.diag(w) if target is not None else
               torch.rand(len(w), words or len(w), dtype=torch.double, generator=random))
    t = w[:, None]*encoder/encoder.sum(1, keepdim=True)  # p(x, t)
    h = xlogy(r, r).sum(1)[:, None]
    mu, q, last = t.sum(0), (t.T @ r)/t.sum(0)[:, None], math.inf
    while True:
        divergence = h - r @ q.log().clamp(min=-1e100).T  # of p(y|x) from p(y|t)
        a = mu.log() - beta*divergence
        z = a.logsumexp(1)
        value = -(w @ z).item() - beta*(w @ h)[0].item() + beta*xlogy(py, py).sum().item()
        done = last - value < 1e-10 if target is None else value <= target + 1e-6
        if done or time.process_time() - start > CAP: return value, {}
        last = value
        t = (a - z[:, None]).exp()*w[:, None]
        mu = t.sum(0)
        on = mu > 1e-12
        q = (t.T[on] @ r)/mu[on, None]
        mu = mu[on]/mu[on].sum()


def textbook(p, beta, _): return blahut_arimoto(p, beta)


def restarted(p, beta, _):
    values = [blahut_arimoto(p, beta, words=2*p.shape[1], seed=s)[0] for s in range(10)]
    return min(values), {}


def embo(p, beta, _, restarts=3, iterations=100, rtol=1e-3):
    from embo import InformationBottleneck
    px = p.sum(1)
    p, px = p[px > 0], px[px > 0]
    np.random.seed(0)
    x, y, *_ = InformationBottleneck.beta_iter(
        1, beta*math.log(2), px, p.sum(0), p.T/px, len(px), restarts, iterations, rtol)
    return (x - beta*y)*math.log(2), {}


def embo_careful(p, beta, _): return embo(p, beta, _, 10, 10_000, 1e-10)


def dit(p, beta, _):
    import dit
    from dit.rate_distortion import IBCurve
    d = dit.Distribution([(str(i), str(j)) for i, j in np.ndindex(p.shape)], p.ravel().tolist())
    c = IBCurve(d, rvs=None, beta_min=beta, beta_max=beta, beta_num=1)
    return float(c.complexities[0] - beta*c.relevances[0])*math.log(2), {}


SOLVERS = {
    'lsib': ours, 'flops': flops, 'gemm': gemm, 'lockstep': lockstep,
    'BA oracle': blahut_arimoto, 'BA': textbook, 'BA x10': restarted,
    'embo': embo, 'embo10': embo_careful, 'dit': dit,
}
UNCAPPED = 'lsib', 'flops'


# One process for each solver and joint

def warm_up(name):
    "Import what the solver needs."
    if name == 'lsib': ours(joint('256')[:40]*6.4, 2., 0)
    if name.startswith('embo'): __import__('embo')
    if name == 'dit': __import__('dit.rate_distortion')


def one(name, which, *tasks):
    "Solve the `tasks` (beta:target) one after the other; give up after one that takes longer than the cap."
    import torch
    torch.set_num_threads(1)
    p = joint(which)
    warm_up(name)
    for task in tasks:
        beta, target = map(float, task.split(':'))
        times = []
        while not times or len(times) < 9 and sum(times) < 5:  # median of nine where a solve is short
            start = time.process_time()
            value, more = SOLVERS[name](p.copy(), beta, target)
            times.append(time.process_time() - start)
        seconds = sorted(times)[len(times)//2]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/2**20
        print('RESULT', json.dumps(dict(objective=value, seconds=seconds, peak_GiB=peak, **more)), flush=True)
        if name not in UNCAPPED and seconds > 2*CAP: break


def limit_memory(): resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def run(name, which, betas, targets=None):
    "Results at `betas` from one process; None from where it fails or takes too long."
    tasks = [f'{b}:{t}' for b, t in zip(betas, targets or [0]*len(betas))]
    patience = None if name in UNCAPPED else 30 + 1.5*CAP*len(betas)
    command = [sys.executable, __file__, '--one', name, which, *tasks]
    with tempfile.TemporaryFile('w+') as out:
        try: subprocess.run(
            command, stdout=out, stderr=subprocess.DEVNULL, timeout=patience, preexec_fn=limit_memory)
        except subprocess.TimeoutExpired: pass
        out.seek(0)
        found = [json.loads(row.removeprefix('RESULT')) for row in out if row.startswith('RESULT')]
    return found + [None]*(len(betas) - len(found))


# On a CPU, against the peers

def asked(which):
    "The peers that have enough memory for a joint."
    if which in 'gh': return PEERS[:1]
    if which == 'f': return [PEERS[0], PEERS[2]]
    return PEERS if len(joint(which)) < 20 else PEERS[:5]


def compare(which, betas):
    "A row for each multiplier: what every solver found, and the fastest peer within 1e-6 over ours."
    mine = run('lsib', which, betas)
    best = [m['objective'] for m in mine]
    none = ['-']*len(betas)
    found = {k: run(k, which, betas, best) if k in asked(which) else none for k in PEERS}
    for i, beta in enumerate(betas):
        row = dict(joint=which, beta=beta, lsib=mine[i], **{k: found[k][i] for k in PEERS})
        reached = [k for k in PEERS if isinstance(row[k], dict) and row[k]['objective'] <= best[i] + 1.1e-6]
        ratio = {k: row[k]['seconds']/mine[i]['seconds'] for k in reached}
        row['ratio'] = min(ratio.values(), default=None)
        row['fair'] = min((v for k, v in ratio.items() if k != 'BA oracle'), default=None)
        print(which, f'{beta:.3g}', {k: say(row[k], best[i]) for k in ['lsib', *PEERS]}, row['ratio'], flush=True)
        yield row


def say(r, best):
    if r is None or r == '-': return r or 'no answer'
    off = r['objective'] - best
    return f"{r['seconds']:.2g} s" + ('' if off <= 1.1e-6 else f' ({off:.0e} off)')


def summed(rows, which):
    good = [(r[which]*r['lsib']['seconds'], r['lsib']['seconds']) for r in rows if r[which] is not None]
    if not good: return 'no peer'
    peer, ours = map(sum, zip(*good))
    return f'{peer/ours:.2g} ({len(good)} of {len(rows)})'


def line(*cells): return f"| {' | '.join(map(str, cells))} |"


def head(left, *names): return [line(*left, *names), '|' + '---|'*len(left) + '--:|'*len(names)]


def solver_table(rows):
    yield from head(
        ['joint'], 'beta', 'lsib', 'gap', 'atoms', *PEERS, 'fastest peer within 1e-6 / lsib', 'without the oracle')
    for r in rows:
        m = r['lsib']
        gap = f"{m['gap']:.0e} {m['certificate']}"
        peers = [say(r[k], m['objective']) for k in PEERS]
        ratios = ['no peer' if r[k] is None else format(r[k], '.2g') for k in ('ratio', 'fair')]
        ours = f"{m['seconds']:.2g} s"
        yield line(r['joint'], f"{r['beta']:.3g}", ours, gap, m['atoms'], *peers, *ratios)


def joint_table(rows):
    yield from head(['joint'], 'fastest peer / lsib', 'without the oracle')
    for name in dict.fromkeys(r['joint'] for r in rows):
        of = [r for r in rows if r['joint'] == name]
        yield line(name, summed(of, 'ratio'), summed(of, 'fair'))


def rows_table(big):
    yield from head([], 'rows', 'seconds', 'gap', 'atoms', 'peak GiB')
    for n, r in big.items():
        if r is None: yield line(n, 'failed', '', '', '')
        else: yield line(n, f"{r['seconds']:.1f}", f"{r['gap']:.0e}", r['atoms'], f"{r['peak_GiB']:.1f}")


def write(rows, big, share, together, rate):
    "Write what is known so far."
    where = dict(python=platform.python_version(), machine=platform.machine(), threads=1, cap=CAP, gemm=rate)
    shares = ', '.join(f'{v:.0%} of it on {k}' for k, v in share.items())
    steps = ', '.join(f'{v:.2f} of the time of one by one on {k}' for k, v in together.items())
    lines = [
        *solver_table(rows), '',
        'A joint as a whole: seconds of the fastest peer within 1e-6 over ours, summed over the multipliers that have '
        'one.', '',
        *joint_table(rows), '',
        'Many rows (Dirichlet(.3) x 10, beta 5):', '',
        *rows_table(big), '',
        f'Matrix products: {rate/1e9:.0f} Gflop/s in float64 on this core; whole solves run at {shares}.', '',
        f'Sixteen multipliers in lockstep take {steps}.', '',
        f'CPU seconds, one thread, Python {where["python"]}; peers were stopped after {CAP:g} s a solve ("no answer" '
        'if they had none); "-": not run, for want of memory; "off": nats above the certified optimum.']
    result = dict(where, rows=rows, big=big, share=share, together=together)
    (HERE/'results'/'solver.json').write_text(json.dumps(result, indent=1) + '\n')
    (HERE/'results'/'solver.md').write_text('\n'.join(lines) + '\n')


def betas_of(which): return {'256': [5.], 'f': BETAS[:5], 'g': [5., 20.], 'h': [1.1, 2., 5.]}.get(which, BETAS)


def cpu():
    (HERE/'results').mkdir(exist_ok=True)
    rows, big, share = [], {}, {}
    rate = run('gemm', 'a', [1.])[0]['rate']
    together = {k: run('lockstep', k, [1.])[0]['ratio'] for k in 'bc'}
    so_far = lambda: write(rows, big, share, together, rate)
    for which in (*'abcde', '256', *'fgh'):
        rows += compare(which, betas_of(which))
        so_far()
    for which in 'cef':
        used = run('flops', which, [8.])[0]['flops']
        took = next(r['lsib']['seconds'] for r in rows if (r['joint'], r['beta']) == (which, 8.))
        share[f'{which} at beta 8'] = used/took/rate
    for n in ('1e4', '1e5', '1e6'):
        big[n] = run('lsib', n, [5.])[0]
        print(n, big[n], flush=True)
        so_far()
    rows += compare('f', BETAS[5:])
    so_far()


# On a GPU, against a CPU

class Clock:
    "Wall seconds of work on a device, and a file that keeps what was measured after every task."
    def __init__(self, device, folder):
        import torch
        self.cuda, self.folder, self.out = device == 'cuda', folder, {}
        self.where = dict(torch=torch.__version__, hardware=torch.cuda.get_device_name() if self.cuda else 'cpu')

    def wait(self):
        import torch
        if self.cuda: torch.cuda.synchronize()

    def __call__(self, f, repeats=1):
        "What `f` returns, and the median of its seconds."
        times = []
        for _ in range(repeats):
            self.wait()
            start = time.perf_counter()
            found = f()
            self.wait()
            times.append(time.perf_counter() - start)
        return found, sorted(times)[repeats//2]

    def keep(self, name, **what):
        from lsib.files import atomic_path
        self.out[name] = what
        print(name, what, flush=True)
        text = json.dumps(dict(self.where, **self.out), indent=1) + '\n'
        with atomic_path(self.folder/'solver_gpu.json') as f: f.write_text(text)


GPU_TASKS = [('c', 4.), ('e', 4.), ('e', 64.), ('f', 2.), ('f', 4.), ('f', 8.), ('f', 16.), ('f', 64.)]


def gpu(device='cuda', small=False):
    "The same solver on a GPU: against one thread of a CPU, in lockstep, on a million rows, a curve of CIFAR-10H."
    import torch
    from lsib.bottleneck import solve_ib
    torch.set_num_threads(1)
    folder = Path(tempfile.mkdtemp()) if small else HERE/'results'
    clock = Clock(device, folder)
    solve = lambda p, beta: solve_ib(p, beta, proof=0, device=device)
    solve(joint('c'), 4.)  # warm up the libraries
    if clock.cuda: gpu_gemm(clock)
    for which, beta in GPU_TASKS[:2] if small else GPU_TASKS: gpu_solve(clock, solve, which, beta)
    p, betas = joint('c' if small else 'f'), np.geomspace(2, 16, 16)
    _, together = clock(lambda: solve(p, betas))
    _, one_by_one = clock(lambda: [solve(p, b) for b in betas])
    clock.keep('lockstep', together=together, one_by_one=one_by_one)
    for n in ('1e3',) if small else ('1e5', '1e6'): gpu_rows(clock, solve, n)
    gpu_curve(clock, p, device, 4 if small else 60)
    out = json.loads((folder/'solver_gpu.json').read_text())
    (folder/'solver_gpu.md').write_text('\n'.join(gpu_lines(out)) + '\n')


def gpu_gemm(clock):
    import torch
    a = torch.randn(8192, 8192, dtype=torch.float64, device='cuda')
    a @ a  # warm up
    _, seconds = clock(lambda: a @ a, 5)
    clock.keep('gemm', rate=2*8192**3/seconds)


def gpu_solve(clock, solve, which, beta):
    from torch.utils.flop_counter import FlopCounterMode
    from lsib.bottleneck import solve_ib
    p = joint(which)
    s, seconds = clock(lambda: solve(p, beta), 1 if beta == 64 else 3)
    row = dict(gpu=seconds, gap=s.gap, atoms=len(s.pt), objective=s.objective)
    if (which, beta) != ('f', 64.):
        base, row['cpu'] = clock(lambda: solve_ib(p, beta, proof=0))
        row['off'] = s.objective - base.objective
    if (which, beta) == ('f', 16.):
        with FlopCounterMode(display=False) as count: solve(p, beta)
        row['flops'] = count.get_total_flops()
    clock.keep(f'{which} at {beta:g}', **row)


def gpu_rows(clock, solve, n):
    import torch
    if clock.cuda: torch.cuda.reset_peak_memory_stats()
    s, seconds = clock(lambda: solve(joint(n), 5.))
    peak = torch.cuda.max_memory_allocated()/2**30 if clock.cuda else 0.
    clock.keep(f'{n} rows', gpu=seconds, gap=s.gap, atoms=len(s.pt), peak_GiB=peak)


def gpu_curve(clock, p, device, n):
    from lsib.curve import ib_curve
    curve, seconds = clock(lambda: ib_curve(p, n=n, width=1e-3, proof=0, device=device))
    curve.save(clock.folder/'solver_gpu_curve.parquet')
    largest = curve.beta[:-1].max()
    clock.keep('curve of f', gpu=seconds, points=len(curve.beta), width=curve.width(), gap=curve.gap.max(),
               largest=largest)


def gpu_lines(out):
    "What `gpu` measured, in Markdown."
    yield from head(['joint'], 'beta', 'GPU', 'CPU, one thread', 'CPU / GPU', 'gap', 'atoms', 'objective, GPU - CPU')
    for k, v in out.items():
        if ' at ' not in k: continue
        there = (f"{v['cpu']:.2f} s", f"{v['cpu']/v['gpu']:.1f}") if 'cpu' in v else ('-', '-')
        off = format(v['off'], '.0e') if 'off' in v else '-'
        yield line(*k.split(' at '), f"{v['gpu']:.2f} s", *there, f"{v['gap']:.0e}", v['atoms'], off)
    yield ''
    for k, v in out.items():
        if k.endswith(' rows'):
            yield (f"{k} (Dirichlet(.3) x 10, beta 5): {v['gpu']:.2f} s, gap {v['gap']:.0e}, "
                   f"{v['peak_GiB']:.1f} GiB of the GPU's memory at most.")
    if 'flops' in (v := out.get('f at 16', {})):
        rate = out['gemm']['rate']
        yield ''
        yield (f"Matrix products: {rate/1e12:.0f} Tflop/s in float64; the whole solve of f at beta 16 runs at "
               f"{v['flops']/v['gpu']/rate:.1%} of it.")
    lock, curve = out['lockstep'], out['curve of f']
    yield ''
    yield (f"Sixteen multipliers from 2 to 16 on f: {lock['together']:.1f} s in lockstep, "
           f"{lock['one_by_one']:.1f} s one by one.")
    yield ''
    yield (f"`ib_curve` of CIFAR-10H, multipliers of its own choice: {curve['points']} points up to beta "
           f"{curve['largest']:.0f} in {curve['gpu']:.0f} s, gaps below {curve['gap']:.0e}, band at most "
           f"{curve['width']:.1e} nats high.")
    yield ''
    where = f"{out['hardware']}, torch {out['torch']}"
    yield f'Wall seconds on {where}; medians of three (one at beta 64), after a warm-up.'


if __name__ == '__main__':
    args = sys.argv[1:]
    if args[:1] == ['--one']: one(*args[1:])
    elif args == ['--gpu']: gpu()
    elif args == ['--gpu', '--tiny']: gpu('cpu', True)
    elif args:
        for which in args[0]: list(compare(which, betas_of(which)))
    else: cpu()
