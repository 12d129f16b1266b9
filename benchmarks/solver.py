"""Certified bottleneck solver against embo, dit and plain Blahut-Arimoto. One thread, CPU seconds, all in one run.

    python benchmarks/solver.py               # LSIB_JOINTS: folder of the joints; LSIB_CAP: seconds a peer may take (60)
    python benchmarks/solver.py --gpu         # ours on a GPU, against itself on one thread of the CPU beside it
    python benchmarks/solver.py --gpu --tiny  # the same code on a CPU, a part of it: does it run?

Every solver runs in a process of its own, and is timed in it without imports. Peers get what they lack: equal rows are merged before Blahut-Arimoto; "BA oracle" starts from
the identity and stops once it is within 1e-6 of the certified optimum, which only we can know; "BA" is the textbook's, from a random encoder until a round gains less than 1e-10;
"BA x10" takes the best of ten of those, from random encoders into 2|Y| words; embo gets beta ln 2, which undoes its units (its kernel holds bits). What counts as reached is 1e-6 nats.
"""
import json, math, os, platform, resource, subprocess, sys, tempfile, time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
JOINTS = Path(os.environ.get('LSIB_JOINTS', HERE.parent.parent/'shared'/'joints'))
CAP = float(os.environ.get('LSIB_CAP', 60))
BETAS = [math.sqrt(2), 2., 4., 8., 16., 64.]

def joint(name):
    if name[0].isdigit():  # rows x 10, Dirichlet(.3)
        return np.random.default_rng(0).dirichlet(np.full(10, .3), int(float(name)))/float(name)
    p = np.load(next(JOINTS.glob(f'{name}_*.npy'))).astype(float)
    return p/p.sum()

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
    a = torch.randn(2000, 2000, dtype=torch.float64); a @ a
    start = time.process_time(); [a @ a for _ in range(5)]
    return 0., dict(rate=5*2*2000**3/(time.process_time() - start))

def lockstep(p, *_):
    "Seconds for sixteen multipliers at once, over those one by one."
    from lsib.bottleneck import solve_ib
    betas, times = np.geomspace(2, 64, 16), []
    for solve in (lambda: solve_ib(p, betas, proof=0), lambda: [solve_ib(p, b, proof=0) for b in betas])*2:
        start = time.process_time(); solve(); times.append(time.process_time() - start)
    return 0., dict(ratio=times[2]/times[3])

def blahut_arimoto(p, beta, target=None, words=None, seed=0):
    from lsib.solver import reduced_joint
    import torch
    from torch.special import xlogy
    _, _, py, r, w = reduced_joint(torch.tensor(p))
    t = torch.diag(w) if target is not None else torch.rand(len(w), words or len(w), dtype=torch.double, generator=torch.Generator().manual_seed(seed))
    t *= w[:, None]/t.sum(1, keepdim=True)
    h, mu, q, last, start = xlogy(r, r).sum(1)[:, None], t.sum(0), (t.T @ r)/t.sum(0)[:, None], math.inf, time.process_time()
    while True:
        a = mu.log() - beta*(h - r @ q.log().clamp(min=-1e100).T)
        z = a.logsumexp(1)
        value = -(w @ z).item() - beta*(w @ h)[0].item() + beta*xlogy(py, py).sum().item()
        if (last - value < 1e-10 if target is None else value <= target + 1e-6) or time.process_time() - start > CAP: return value, {}
        last = value
        t = (a - z[:, None]).exp()*w[:, None]
        mu = t.sum(0); on = mu > 1e-12
        q = (t.T[on] @ r)/mu[on, None]; mu = mu[on]/mu[on].sum()

def textbook(p, beta, _): return blahut_arimoto(p, beta)

def restarted(p, beta, _): return min(blahut_arimoto(p, beta, words=2*p.shape[1], seed=s)[0] for s in range(10)), {}

def embo(p, beta, _, restarts=3, iterations=100, rtol=1e-3):
    from embo import InformationBottleneck
    px = p.sum(1); p = p[px > 0]; px = px[px > 0]; np.random.seed(0)
    x, y, *_ = InformationBottleneck.beta_iter(1, beta*math.log(2), px, p.sum(0), p.T/px, len(px), restarts, iterations, rtol)
    return (x - beta*y)*math.log(2), {}

def embo_careful(p, beta, _): return embo(p, beta, _, 10, 10_000, 1e-10)

def dit(p, beta, _):
    import dit
    from dit.rate_distortion import IBCurve
    d = dit.Distribution([(str(i), str(j)) for i, j in np.ndindex(p.shape)], p.ravel().tolist())
    c = IBCurve(d, rvs=None, beta_min=beta, beta_max=beta, beta_num=1)
    return float(c.complexities[0] - beta*c.relevances[0])*math.log(2), {}

SOLVERS = {'lsib': ours, 'flops': flops, 'gemm': gemm, 'lockstep': lockstep, 'BA oracle': blahut_arimoto, 'BA': textbook, 'BA x10': restarted, 'embo': embo, 'embo10': embo_careful, 'dit': dit}

def one(name, which, *tasks):
    "Solve the `tasks` (beta:target) one after the other; give up after one that takes longer than the cap."
    import torch
    torch.set_num_threads(1)
    p = joint(which)
    if name == 'lsib': ours(joint('256')[:40]*6.4, 2., 0)  # warm up the libraries
    if name.startswith('embo'): import embo as _
    if name == 'dit': import dit.rate_distortion as _
    for beta, target in (map(float, t.split(':')) for t in tasks):
        times = []
        while not times or len(times) < 9 and sum(times) < 5:  # median of nine where a solve is short
            start = time.process_time()
            value, more = SOLVERS[name](p.copy(), beta, target)
            times.append(time.process_time() - start)
        seconds = sorted(times)[len(times)//2]
        print('RESULT', json.dumps(dict(objective=value, seconds=seconds, peak_GiB=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/2**20, **more)), flush=True)
        if name not in ('lsib', 'flops') and seconds > 2*CAP: break

def run(name, which, betas, targets=None):
    "Results at `betas` from one process; None from where it fails or takes too long."
    tasks = [f'{b}:{t}' for b, t in zip(betas, targets or [0]*len(betas))]
    with open(HERE/'results'/'tmp', 'w+') as out:
        try: subprocess.run([sys.executable, __file__, name, which, *tasks], stdout=out, stderr=subprocess.DEVNULL, timeout=None if name in ('lsib', 'flops') else 30 + 1.5*CAP*len(betas),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (11 << 30, 11 << 30)))
        except subprocess.TimeoutExpired: pass
        out.seek(0); found = [json.loads(l[7:]) for l in out if l.startswith('RESULT')]
    (HERE/'results'/'tmp').unlink()
    return found + [None]*(len(betas) - len(found))

def say(r, best):
    if r is None or r == '-': return r or 'no answer'
    off = r['objective'] - best
    return f"{r['seconds']:.2g} s" + ('' if off <= 1.1e-6 else f' ({off:.0e} off)')

def summed(rows, which):
    good = [(r[which]*r['lsib']['seconds'], r['lsib']['seconds']) for r in rows if r[which] is not None]
    if not good: return 'no peer'
    peer, ours = map(sum, zip(*good))
    return f'{peer/ours:.2g} ({len(good)} of {len(rows)})'

def gpu(device='cuda', small=False):
    "The same solver on a GPU: wall time against one thread of a CPU beside it, many multipliers in lockstep, a million rows, a whole curve of CIFAR-10H."
    import torch
    from torch.utils.flop_counter import FlopCounterMode
    from lsib.bottleneck import solve_ib
    from lsib.files import atomic_path
    from lsib.curve import ib_curve
    torch.set_num_threads(1)
    cuda, out, folder = device == 'cuda', {}, Path(tempfile.mkdtemp()) if small else HERE/'results'
    def timed(f, repeats=1):
        times = []
        for _ in range(repeats):
            if cuda: torch.cuda.synchronize()
            start = time.perf_counter(); found = f()
            if cuda: torch.cuda.synchronize()
            times.append(time.perf_counter() - start)
        return found, sorted(times)[repeats//2]
    def keep(name, **what):  # after every task: what is done is kept if the time runs out
        out[name] = what
        print(name, what, flush=True)
        with atomic_path(folder/'solver_gpu.json') as f: f.write_text(json.dumps(dict(torch=torch.__version__, hardware=torch.cuda.get_device_name() if cuda else 'cpu', **out), indent=1) + '\n')
    solve_ib(joint('c'), 4., proof=0, device=device)  # warm up the libraries
    if cuda:
        a = torch.randn(8192, 8192, dtype=torch.float64, device=device); a @ a
        keep('gemm', rate=2*8192**3/timed(lambda: a @ a, 5)[1]); del a
    tasks = [('c', 4.), ('e', 4.), ('e', 64.), ('f', 2.), ('f', 4.), ('f', 8.), ('f', 16.), ('f', 64.)]
    for which, beta in tasks[:2] if small else tasks:
        p = joint(which)
        s, seconds = timed(lambda: solve_ib(p, beta, proof=0, device=device), 1 if beta == 64 else 3)
        row = dict(gpu=seconds, gap=s.gap, atoms=len(s.pt), objective=s.objective)
        if (which, beta) != ('f', 64.):
            base, row['cpu'] = timed(lambda: solve_ib(p, beta, proof=0))
            row['off'] = s.objective - base.objective
        if (which, beta) == ('f', 16.):
            with FlopCounterMode(display=False) as count: solve_ib(p, beta, proof=0, device=device)
            row['flops'] = count.get_total_flops()
        keep(f'{which} at {beta:g}', **row)
    p, betas = joint('c' if small else 'f'), np.geomspace(2, 16, 16)
    keep('lockstep', together=timed(lambda: solve_ib(p, betas, proof=0, device=device))[1], one_by_one=timed(lambda: [solve_ib(p, b, proof=0, device=device) for b in betas])[1])
    for n in ('1e3',) if small else ('1e5', '1e6'):
        if cuda: torch.cuda.reset_peak_memory_stats()
        s, seconds = timed(lambda: solve_ib(joint(n), 5., proof=0, device=device))
        keep(f'{n} rows', gpu=seconds, gap=s.gap, atoms=len(s.pt), peak_GiB=torch.cuda.max_memory_allocated()/2**30 if cuda else 0.)
    curve, seconds = timed(lambda: ib_curve(p, n=4 if small else 60, width=1e-3, proof=0, device=device))
    curve.save(folder/'solver_gpu_curve.parquet')
    keep('curve of f', gpu=seconds, points=len(curve.beta), width=curve.width(), gap=curve.gap.max(), largest=curve.beta[:-1].max())
    (folder/'solver_gpu.md').write_text(gpu_table(json.loads((folder/'solver_gpu.json').read_text())))

def gpu_table(out):
    "What `gpu` measured, in Markdown."
    solves = {k: v for k, v in out.items() if ' at ' in k}
    lines = ['| joint | beta | GPU | CPU, one thread | CPU / GPU | gap | atoms | objective, GPU - CPU |', '|---|--:|--:|--:|--:|--:|--:|--:|']
    for k, v in solves.items():
        there = f"{v['cpu']:.2f} s | {v['cpu']/v['gpu']:.1f}" if 'cpu' in v else '- | -'
        lines.append(f"| {' | '.join(k.split(' at '))} | {v['gpu']:.2f} s | {there} | {v['gap']:.0e} | {v['atoms']} | {format(v['off'], '.0e') if 'off' in v else '-'} |")
    many, lock, curve = {k: v for k, v in out.items() if k.endswith(' rows')}, out['lockstep'], out['curve of f']
    lines += ['', *(f"{k} (Dirichlet(.3) x 10, beta 5): {v['gpu']:.2f} s, gap {v['gap']:.0e}, {v['peak_GiB']:.1f} GiB of the GPU's memory at most." for k, v in many.items())]
    if 'flops' in (v := out.get('f at 16', {})): lines += ['', f"Matrix products: {out['gemm']['rate']/1e12:.0f} Tflop/s in float64; the whole solve of f at beta 16 runs at {v['flops']/v['gpu']/out['gemm']['rate']:.1%} of it."]
    lines += ['', f"Sixteen multipliers from 2 to 16 on f: {lock['together']:.1f} s in lockstep, {lock['one_by_one']:.1f} s one by one.",
        '', f"`ib_curve` of CIFAR-10H, multipliers of its own choice: {curve['points']} points up to beta {curve['largest']:.0f} in {curve['gpu']:.0f} s, gaps below {curve['gap']:.0e}, band at most {curve['width']:.1e} nats high.",
        '', f"Wall seconds on {out['hardware']}, torch {out['torch']}; medians of three (one at beta 64), after a warm-up."]
    return '\n'.join(lines) + '\n'

if __name__ == '__main__':
    if sys.argv[1:2] == ['--gpu']: gpu(*(['cpu', True] if '--tiny' in sys.argv else [])); sys.exit()
    if len(sys.argv) > 2: one(*sys.argv[1:]); sys.exit()
    (HERE/'results').mkdir(exist_ok=True)
    rows, big, share, peers = [], {}, {}, ['BA oracle', 'BA', 'BA x10', 'embo', 'embo10', 'dit']
    rate = run('gemm', 'a', [1.])[0]['rate']
    together = {k: run('lockstep', k, [1.])[0]['ratio'] for k in 'bc'}

    def report():
        "Write what is known so far."
        where = dict(python=platform.python_version(), machine=platform.machine(), threads=1, cap=CAP, gemm=rate)
        lines = ['| joint | beta | lsib | gap | atoms | ' + ' | '.join(peers) + ' | fastest peer within 1e-6 / lsib | without the oracle |', '|---|--:|--:|--:|--:|' + '--:|'*(len(peers) + 2)]
        for r in rows:
            m = r['lsib']
            lines.append(f"| {r['joint']} | {r['beta']:.3g} | {m['seconds']:.2g} s | {m['gap']:.0e} {m['certificate']} | {m['atoms']} | " +
                ' | '.join(say(r[k], m['objective']) for k in peers) + ''.join(f" | {'no peer' if r[k] is None else format(r[k], '.2g')}" for k in ('ratio', 'fair')) + ' |')
        lines += ['', 'A joint as a whole: seconds of the fastest peer within 1e-6 over ours, summed over the multipliers that have one.', '', '| joint | fastest peer / lsib | without the oracle |', '|---|--:|--:|']
        for name in dict.fromkeys(r['joint'] for r in rows): lines.append(f"| {name} | " + ' | '.join(summed([r for r in rows if r['joint'] == name], k) for k in ('ratio', 'fair')) + ' |')
        lines += ['', 'Many rows (Dirichlet(.3) x 10, beta 5):', '', '| rows | seconds | gap | atoms | peak GiB |', '|--:|--:|--:|--:|--:|']
        lines += [f"| {n} | " + (f"{r['seconds']:.1f} | {r['gap']:.0e} | {r['atoms']} | {r['peak_GiB']:.1f} |" if r else 'failed | | | |') for n, r in big.items()]
        lines += ['', f'Matrix products: {rate/1e9:.0f} Gflop/s in float64 on this core; whole solves run at ' + ', '.join(f'{v:.0%} of it on {k}' for k, v in share.items()) + '.']
        lines += ['', 'Sixteen multipliers in lockstep take ' + ', '.join(f'{v:.2f} of the time of one by one on {k}' for k, v in together.items()) + '.']
        lines += ['', f'CPU seconds, one thread, Python {where["python"]}; peers were stopped after {CAP:g} s a solve ("no answer" if they had none); "-": not run, for want of memory; "off": nats above the certified optimum.']
        (HERE/'results'/'solver.json').write_text(json.dumps(dict(where, rows=rows, big=big, share=share, together=together), indent=1) + '\n')
        (HERE/'results'/'solver.md').write_text('\n'.join(lines) + '\n')

    def compare(which, betas):
        mine = run('lsib', which, betas)
        best = [m['objective'] for m in mine]
        asked = peers if len(joint(which)) < 20 else [peers[0]] if which in 'gh' else [peers[0], peers[2]] if which == 'f' else peers[:5]  # the others need more memory than there is
        found = {k: run(k, which, betas, best) if k in asked else ['-']*len(betas) for k in peers}
        for i, beta in enumerate(betas):
            row = dict(joint=which, beta=beta, lsib=mine[i], **{k: found[k][i] for k in peers})
            good = {k: row[k]['seconds']/mine[i]['seconds'] for k in peers if isinstance(row[k], dict) and row[k]['objective'] <= best[i] + 1.1e-6}
            rows.append(dict(row, ratio=min(good.values(), default=None), fair=min((v for k, v in good.items() if k != 'BA oracle'), default=None)))
            print(which, f'{beta:.3g}', {k: say(row[k], best[i]) for k in ['lsib', *peers]}, rows[-1]['ratio'], flush=True)
        report()

    for which in 'abcde': compare(which, BETAS)
    compare('256', [5.]); compare('f', BETAS[:5])
    compare('g', [5., 20.]); compare('h', [1.1, 2., 5.])  # many labels
    for which in 'cef':
        used, took = run('flops', which, [8.])[0]['flops'], next(r for r in rows if (r['joint'], r['beta']) == (which, 8.))['lsib']['seconds']
        share[f'{which} at beta 8'] = used/took/rate
    for n in ('1e4', '1e5', '1e6'): big[n] = run('lsib', n, [5.])[0]; print(n, big[n], flush=True); report()
    compare('f', BETAS[5:])
