"""The semi-relaxed bottleneck (Chen et al. 2024, arXiv 2404.04862), in our own writing, against the certified solver.

    python benchmarks/semirelaxed.py              # the joints a, b and c
    python benchmarks/semirelaxed.py be 2 8       # the joints b and e at beta 2 and 8

It asks for a relevance and minimises the rate, where we ask for a multiplier: it gets the relevance of the certified
optimum. Encoder w(t|x), marginal r(t) and decoder z(y|t) are free of one another and are set in turn, each in closed
form, w with the multiplier at which it has the relevance asked for. Written from the paper's description; the
authors' own code and stopping rule may be faster. "off" is the objective above the certified optimum, in nats.
"""
import sys
import time
from typing import NamedTuple
import numpy as np
from scipy.special import logsumexp, xlogy
from solver import CAP, joint


class Code(NamedTuple):
    rate: float # I(X;T), nats
    relevance: float # I(T;Y), nats
    rounds: int
    done: bool # whether the last round gained less than the tolerance


def encoder(px, r, score, need):
    "w(t|x) in proportion to r exp(lambda score), with the least lambda whose mean score is `need`."
    def at(beta):
        a = np.log(r) + beta*score
        w = np.exp(a - logsumexp(a, 1, keepdims=True))
        mean = (w*score).sum(1)
        return w, px @ mean - need, px @ ((w*score*score).sum(1) - mean*mean)
    low, high, beta = 0., 1e6, 1.
    if at(low)[1] >= 0: return at(low)[0]
    for _ in range(60):  # Newton's steps, halving where they leave the bracket
        w, excess, slope = at(beta)
        if abs(excess) < 1e-13: break
        low, high = (beta, high) if excess < 0 else (low, beta)
        new = beta - excess/slope if slope > 0 else np.inf
        beta = new if low < new < high else min((low + high)/2, 2*beta + 1)
    return w


def semirelaxed(p, relevance, seconds=CAP, tol=1e-10):
    "Least rate with a relevance, from one word a row."
    px, py = p.sum(1), p.sum(0)
    p, px = p[px > 0], px[px > 0]
    rows = p/px[:, None]
    need = relevance + xlogy(py, py).sum()
    r, z = px, .99*rows + .01*py
    last, rounds, start = np.inf, 0, time.process_time()
    while True:
        w = encoder(px, r, rows @ np.log(np.maximum(z, 1e-300)).T, need)
        r = px @ w
        on = r > 1e-12
        w, r = w[:, on]/w[:, on].sum(1, keepdims=True), r[on]/r[on].sum()
        z = (w*px[:, None]).T @ rows/r[:, None]
        rate = px @ xlogy(w, w).sum(1) - xlogy(r, r).sum()
        rounds += 1
        done = abs(last - rate) < tol
        if done or time.process_time() - start > seconds:
            return Code(rate, r @ xlogy(z, z).sum(1) - xlogy(py, py).sum(), rounds, done)
        last = rate


def main(joints='abc', *betas):
    import torch
    from lsib.bottleneck import solve_ib
    torch.set_num_threads(1)
    print('| joint | beta | lsib | gap | semi-relaxed | rounds | off |\n|---|--:|--:|--:|--:|--:|--:|')
    for name in joints:
        p = joint(name)
        for beta in map(float, betas or (2, 4, 8)):
            start = time.process_time()
            s = solve_ib(p, beta, proof=0)
            middle = time.process_time()
            code = semirelaxed(p, s.relevance)
            end = time.process_time()
            off = code.rate - beta*code.relevance - s.objective
            print(f'| {name} | {beta:g} | {middle - start:.3f} s | {s.gap:.0e} | {end - middle:.3f} s | {code.rounds}'
                  f'{"" if code.done else " (stopped)"} | {off:.0e} |', flush=True)


if __name__ == '__main__': main(*sys.argv[1:])
