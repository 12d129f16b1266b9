"""Hostile input to every everyday function, and damaged files to every reader: what cannot be right is refused with a
ValueError or a TypeError that says something, and what is returned obeys the laws of information. A small round in
`make test`; `make fuzz SECONDS=600` is a long one, whose counts go to nbs/results/fuzz.json."""
import gzip
import json
import math
import os
import random
import time
import warnings
from pathlib import Path
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
import lsib
from lsib.files import read_joint, read_predictions

SECONDS = float(os.environ.get("LSIB_FUZZ", 20))
LONG = "LSIB_FUZZ" in os.environ
COUNTS = {}
REFUSED = (ValueError, TypeError)

# ---- what people hand over, and worse

ODD = st.sampled_from([0., 1., -1., .5, 1e-300, 1e300, -1e-12, math.inf, -math.inf, math.nan, 3, -7, 100, 2**40])
HOSTILE = st.one_of(
    st.none(), st.text(max_size=3), st.booleans(), ODD, st.lists(ODD, max_size=4),
    st.lists(st.lists(ODD, min_size=2, max_size=2), max_size=3),
    st.sampled_from([
        [], [[]], {}, np.zeros((0, 3)), np.zeros((2, 0)), np.ones((2, 2, 2)), np.array(["a", "b"]), np.array([1 + 2j]),
        torch.tensor(1.), torch.tensor([], dtype=torch.int64), pd.DataFrame(dict(a=[1., None])),
        np.ma.masked_array([1., 2.], [0, 1])]))
KINDS = st.sampled_from(["list", "array", "float32", "float16", "tensor", "frame"])

def as_kind(x, kind):
    "The same numbers as something else."
    if kind == "list": return np.asarray(x).tolist()
    if kind in ("float32", "float16"): return np.asarray(x, kind)
    if kind == "tensor": return torch.as_tensor(np.array(x))
    if kind == "frame" and np.ndim(x) == 2: return pd.DataFrame(x)
    return np.asarray(x)

@st.composite
def masses(draw, rows=None, columns=None, total=None):
    "Rows of non-negative numbers, zeros among them, that sum to 1; or all together to 1."
    shape = (rows or draw(st.integers(1, 5)), columns or draw(st.integers(1, 4)))
    size = shape[0]*shape[1]
    raw = draw(st.lists(st.sampled_from([0, 1e-9, .1, 1, 2, 5, 30]), min_size=size, max_size=size))
    raw = np.array(raw, float).reshape(shape)
    if total == "all": return raw/raw.sum() if raw.sum() else np.full(shape, 1/raw.size)
    raw[raw.sum(1) == 0] = 1
    return raw/raw.sum(1, keepdims=True)

def distribution(n=None): return masses(rows=1, columns=n).map(lambda x: x[0])

@st.composite
def predictions(draw, rows=(1, 12), classes=(2, 4)):
    "Logits or probabilities, and labels."
    n, k = draw(st.integers(*rows)), draw(st.integers(*classes))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    logits = rng.normal(size=(n, k))*draw(st.sampled_from([0, 1, 30, 1e4])) + draw(st.sampled_from([0, 1e5]))
    preds = np.exp(logits - logits.max(1, keepdims=True)) if draw(st.booleans()) else logits
    if preds is not logits: preds /= preds.sum(1, keepdims=True)
    labels = as_kind(rng.integers(0, k, n), draw(st.sampled_from(["list", "array", "tensor"])))
    return as_kind(preds, draw(KINDS)), labels

def numbers(x):
    "Every number in a result."
    if isinstance(x, dict): x = list(x.values())
    if isinstance(x, (list, tuple)): return np.concatenate([numbers(v) for v in x]) if x else np.zeros(0)
    if isinstance(x, (pd.Series, pd.DataFrame)): x = x.to_numpy()
    return np.asarray(x.detach() if isinstance(x, torch.Tensor) else x, float).ravel()

def least(bound, tolerance=1e-6): # tolerance for half precision at the door
    def check(result, *args):
        got = numbers(result)
        assert not np.isnan(got).any() and (got >= bound - tolerance).all(), got
    return check

def sums_to_one(result, *args):
    got = numbers(result)
    assert got.min() >= 0 and abs(np.asarray(result, float).sum(-1).max() - 1) < 1e-3 or abs(got.sum() - 1) < 1e-3

def between(low, high, tolerance=1e-6):
    def check(result, *args):
        got = numbers(result)
        assert ((got >= low - tolerance) & (got <= high + tolerance)).all(), got
    return check

def in_plane(result, *args):
    got = {name: float(value) for name, value in result.items()}
    assert all(map(math.isfinite, got.values())), got
    assert got["excess"] >= -1e-9 and got["rate"] >= got["relevance"] - 1e-9
    assert got["relevance"] <= got["label_entropy"] + 1e-9

def solved(result, *args):
    assert result.gap >= 0 and result.rate >= result.relevance - 1e-9 and math.isfinite(result.objective)
    assert np.allclose(numbers(result.pt).sum(), 1)

def curved(result, *args):
    assert (np.asarray(result.rate) >= np.asarray(result.relevance) - 1e-9).all()
    assert (np.asarray(result.gap) >= 0).all()

JOINT = st.tuples(masses(total="all"), KINDS).map(lambda x: as_kind(*x))
P = st.tuples(distribution(), KINDS).map(lambda x: as_kind(*x))
EPS = st.one_of(st.sampled_from([0., 1e-12, .1, .5, 1., 1]), st.floats(0, 1))
BASE = st.sampled_from([None, 2, 10, math.e])
K = st.integers(2, 5)

def logits(n=3, k=4):
    "A tensor of logits in some precision."
    def make(drawn): return (torch.randn(n, k)*drawn[0]).to(drawn[1])
    precision = st.sampled_from([torch.float32, torch.float64, torch.bfloat16])
    return st.tuples(st.sampled_from([0, 1, 50]), precision).map(make)

LABELS = st.lists(st.sampled_from([0, 1, 2, 3, -100]), min_size=3, max_size=3).map(torch.tensor)

CLASSES = st.lists(st.integers(0, 3), min_size=3, max_size=3).map(torch.tensor)
MIXED = st.lists(st.sampled_from([0, 1, "a", True, None, math.nan, 2.]), max_size=5)

# name: (arguments, what must hold of the result, how many examples for one of entropy's)
CASES = {
    "entropy": ([P, BASE], least(0), 1),
    "kl_divergence": ([distribution(3), distribution(3), BASE], least(0), 1),
    "mutual_information": ([JOINT, BASE], least(0), 1),
    "conditional_entropy": ([JOINT, BASE], least(0), 1),
    "joint_from_labels": ([MIXED, MIXED], least(0), 1),
    "joint_from_counts": ([masses().map(lambda x: np.round(x*40))], least(0), 1),
    "joint_from_channel": ([distribution(3), masses(rows=3)], least(0), 1),
    "smooth_targets": ([st.lists(st.integers(0, 4), max_size=4), K, EPS], least(0), 1),
    "label_smoothing_loss": ([logits(), LABELS, EPS], lambda *a: None, 1),
    "confidence_penalty_loss": ([logits(), LABELS, EPS], lambda *a: None, 1),
    "smoothing_rate": ([EPS, st.one_of(K, distribution())], least(0), 1),
    "rate_smoothing": ([st.one_of(st.just(0.), st.floats(0, 1.7)), st.one_of(K, distribution())], between(0, 1), 1),
    "excess_bound": ([st.floats(0, 20), st.floats(.001, 1), K], least(0), 1),
    "solve_ib": ([masses(total="all"), st.sampled_from([0, .5, 1, 1.5, 3, 20])], solved, .3),
    "ib_curve": ([masses(total="all"), st.just(None), st.integers(1, 4)], curved, .1),
    "critical_beta": ([masses(total="all")], least(1), .3),
    "information_plane": (["preds", BASE], in_plane, 1),
    "leakage": (["preds"], lambda *a: None, .3),
    "leakage_bound": ([st.floats(0, 3), LABELS, LABELS], least(0), .3),
    "excess_contributions": (["preds"], lambda *a: None, .5),
    "beta_from_ceb": ([st.floats(0, 5)], lambda *a: None, .3),
    "ceb_from_beta": ([st.floats(0, 5)], lambda *a: None, .3),
    "fit_temperature": ([logits(), CLASSES], least(0), .3),
    "certify_excess": (["preds"], lambda *a: None, .3),
    "unsmooth": ([masses(columns=3), EPS], least(0), .5),
}
CASES = {name: case for name, case in CASES.items() if name in lsib.__all__}

# Where tensors are asked for, as torch's own losses do: what else is handed over may end as it ends in torch.
AS_TORCH = {"label_smoothing_loss", "confidence_penalty_loss", "fit_temperature"}
# Faults that this test has found and that are not mended yet.
OPEN = set()  # (function, hostile): found and not mended yet

def rounds(weight):
    "Examples for a case: some 20 in `make test`, more in a long round."
    return max(4, round(20*weight*SECONDS/20))

def tried(name, call, check, *args):
    "Call; count what came of it; anything but a lawful result or a refusal is a fault."
    count = COUNTS.setdefault(name, dict(tried=0, returned=0, refused=0))
    count["tried"] += 1
    refusals = REFUSED + ((RuntimeError, IndexError, AttributeError) if name.partition(",")[0] in AS_TORCH else ())
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try: result = call(*args)
        except refusals as e:
            assert str(e).strip(), f"{name} refuses without a word"
            count["refused"] += 1
            return
    check(result, *args)
    count["returned"] += 1

@pytest.mark.parametrize("hostile", (False, True), ids=("fair", "hostile"))
@pytest.mark.parametrize("name", CASES)
def test_function(name, hostile, request):
    if (name, hostile) in OPEN: request.applymarker(pytest.mark.xfail(reason="found, not mended yet", strict=False))
    parts, check, weight = CASES[name]
    function = getattr(lsib, name)

    @seed(random.randrange(2**32) if LONG else 0)
    @settings(max_examples=rounds(weight), deadline=None, database=None, suppress_health_check=[*HealthCheck])
    @given(st.data())
    def run(data):
        args = []
        for part in parts: args += data.draw(predictions()) if isinstance(part, str) else [data.draw(part)]
        if hostile: args[data.draw(st.integers(0, len(args) - 1))] = data.draw(HOSTILE)
        if hostile: tried(f"{name}, hostile", function, lambda *a: None, *args)
        else: tried(name, function, check, *args)
    run()

# ---- damaged files

WORDS = [b"\0", b"nan", b"-1", b"1e999", b",,", b"\n\n", b'"', b"\xff\xfe", b";", b"%", b"9"*30]

def spoiled(data, rng):
    "Bytes with something wrong: flipped, cut, doubled, or overwritten by a word that means something to a reader."
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        at = rng.randrange(len(data) + 1)
        how = rng.randrange(6)
        if how == 0 and at < len(data): data[at] ^= 1 << rng.randrange(8)
        if how == 1: del data[at:]
        if how == 2: del data[at:at + rng.randrange(1, 9)]
        if how == 3: data[at:at] = data[at:at + rng.randrange(1, 40)]
        if how == 4: data[at:at] = rng.choice(WORDS)
        if how == 5: data[at:at + 8] = rng.choice([b"\xff"*8, b"\0"*8, (2**62).to_bytes(8, "little")])
    return bytes(data)

def table_files(folder):
    counts = pd.DataFrame([[30, 5, 1], [2, 40, 3], [1, 2, 9]], columns=list("abc"), index=list("xyz"))
    counts.to_csv(folder/"counts.csv")
    counts.to_csv(folder/"counts.tsv", sep="\t")
    pd.DataFrame(dict(x=list("uuvvw"), y=list("ababa"))).to_csv(folder/"labels.csv", index=False)
    counts.to_parquet(folder/"counts.parquet")
    np.save(folder/"counts.npy", counts.to_numpy(float))
    (folder/"counts.csv.gz").write_bytes(gzip.compress((folder/"counts.csv").read_bytes()))
    return sorted(folder.iterdir())

def prediction_files(folder):
    preds, target = np.random.default_rng(0).dirichlet(np.ones(3), 40), np.arange(40) % 3
    np.savez(folder/"p.npz", preds=preds, target=target)
    np.savez_compressed(folder/"q.npz", logits=np.log(preds), labels=target)
    frame = pd.DataFrame(preds, columns=["p0", "p1", "p2"]).assign(target=target)
    frame.to_csv(folder/"p.csv", index=False)
    frame.to_parquet(folder/"p.parquet")
    torch.save(dict(preds=torch.tensor(preds), target=torch.tensor(target)), folder/"p.pt")
    return sorted(folder.iterdir())

def lawful_joint(joint):
    joint = np.asarray(joint[0] if isinstance(joint, tuple) else joint, float)
    assert np.isfinite(joint).all() and (joint >= 0).all() and abs(joint.sum() - 1) < 1e-9

def lawful_predictions(found):
    preds, target = found[:2]
    assert len(preds) == len(target)

DOORS = [(read_joint, table_files, lawful_joint), (read_predictions, prediction_files, lawful_predictions)]

@pytest.mark.parametrize("door, files, check", DOORS, ids=("read_joint", "read_predictions"))
def test_reader(door, files, check, tmp_path):
    rng = random.Random(None if LONG else 0)
    whole = {path: path.read_bytes() for path in files(tmp_path)}
    end = time.time() + SECONDS/4
    count, slowest = 0, 0.
    while time.time() < end or count < 40:
        path = rng.choice([*whole])
        path.write_bytes(spoiled(whole[path], rng))
        start = time.time()
        name = f"{door.__name__}, {''.join(path.suffixes)}"
        def call(path=path):
            try: return door(path)
            except OSError as e: raise ValueError(f"{e}") from e
        kept = path.read_bytes()
        try: tried(name, call, lambda found, *a: check(found))
        except Exception as e:
            saved = Path(os.environ.get("LSIB_FUZZ_KEEP", tmp_path))/f"fault-{count}{''.join(path.suffixes)}"
            saved.write_bytes(kept)
            raise AssertionError(f"{door.__name__} of {saved}: {type(e).__name__}: {e}") from e
        slowest = max(slowest, time.time() - start)
        count += 1
    assert slowest < 20

@pytest.fixture(scope="session", autouse=True)
def counted():
    "Write the counts of a long round, for the docs."
    yield
    if LONG and COUNTS:
        path = Path(__file__).resolve().parents[1]/"nbs"/"results"/"fuzz.json"
        path.write_text(json.dumps(dict(sorted(COUNTS.items())), indent=1) + "\n", encoding="utf-8")
