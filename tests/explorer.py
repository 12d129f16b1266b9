"The explorer's functions, as the site ships them, against `lsib`: in the browser, after `make docs`."
import contextlib
import io
import re
from itertools import product
import numpy as np
import pytest
from _site import SITE
from lsib.bottleneck import solve_ib
from lsib.certify import certify_excess
from lsib.curve import ib_curve
from lsib.files import read_joint, read_predictions
from lsib.information import joint_from_channel, joint_from_counts, log_probabilities, mutual_information
from lsib.plane import InformationPlane
from lsib.smoothing import excess_bound, rate_smoothing, smooth_targets, smoothing_rate


@pytest.fixture(scope="module")
def page(browser, base):
    tab = browser.new_page(viewport=dict(width=420, height=900))
    tab.goto(base + "explorer.html")
    return tab

def asked(tab, code, given=None):
    "What the explorer's scripts answer, `lsib`, `read` and `page`; infinity and NaN as themselves."
    return tab.evaluate(f"given => ({code})", given)

# ---- smoothing: 50 settings -----------------------------------------------------------------------

ENDS = [dict(eps=e, K=K, skew=s, share=c, doubt=.25, loss=.02)
        for e, K, s, c in product((0, 1), (2, 10), (0, 1), (0, 1))]
_rng = np.random.default_rng(0)

def drawn():
    "A setting inside the sliders' ranges."
    skew, share, doubt = (_rng.choice(v).item() for v in ([0, .35, .8], [0, 0, .3, .75], [0, .1, .5]))
    eps, loss = (round(_rng.uniform(*ends), 3) for ends in ((.005, .995), (0, .3)))
    return dict(eps=eps, K=int(_rng.integers(2, 11)), skew=skew, share=share, doubt=doubt, loss=loss)

SETTINGS = [*ENDS, *(drawn() for _ in range(50 - len(ENDS)))]

def wanted(s):
    "The same setting by `lsib`, in nats."
    K, eps = s["K"], s["eps"]
    py = np.exp(-3*s["skew"]*np.arange(K)/(K - 1))
    py = py/py.sum()
    doubtful = (1 - s["doubt"])*np.eye(K) + s["doubt"]*np.roll(np.eye(K), 1, 1)
    py_x, px = np.concatenate([np.eye(K), doubtful]), np.concatenate([(1 - s["share"])*py, s["share"]*py])
    code = (1 - eps)*py_x + eps/K
    rate, relevance = map(mutual_information, (joint_from_channel(px, code), (px[:, None]*py_x).T @ code))
    at = dict(rate=rate, relevance=relevance, excess=rate - relevance)
    targets = np.asarray(smooth_targets(np.arange(K), K, eps))
    if s["share"] and s["doubt"]: return at | dict(target=targets[0])
    least = -(py @ np.where(targets > 0, targets*np.log(np.where(targets > 0, targets, 1)), 0).sum(1))
    np.testing.assert_allclose(at["rate"], smoothing_rate(eps, py), atol=1e-12)
    return at | dict(target=targets[0], bound=excess_bound(least + s["loss"], eps, py))

@pytest.fixture(scope="module")
def answers(page):
    code = """given.map(s => { const a = page.smoothingAnswer(s); return {...a, code: page.snippet(s, a),
        back: lsib.rateSmoothing(a.rate, a.py, a.prior)} })"""
    return asked(page, code, SETTINGS)

def test_smoothing(answers):
    assert len(answers) == 50
    for s, a in zip(SETTINGS, answers):
        for name, value in wanted(s).items():
            np.testing.assert_allclose(a[name], value, 1e-10, 1e-12, err_msg=f"{name} {s}")
        if a["conflict"]: assert np.isnan(a["bound"])
        elif 0 < s["eps"] < 1:
            np.testing.assert_allclose(a["back"], rate_smoothing(a["rate"], np.array(a["py"])), atol=1e-7)

def test_snippets(answers):
    "The code to copy runs and prints what it says that it prints."
    for s, a in zip(SETTINGS, answers):
        with contextlib.redirect_stdout(said := io.StringIO()): exec(a["code"], {})
        printed = [*map(float, said.getvalue().split())]
        said = re.findall(r"# (?:rate: |relevance: |at most )([\d.∞]+) bits", a["code"])
        told = [float(v.replace("∞", "inf")) for v in said]
        assert len(printed) == len(told) == 2, a["code"]
        np.testing.assert_allclose(printed, told, atol=6e-5, err_msg=str(s))

# ---- predictions ----------------------------------------------------------------------------------

def predictions(n, K, sharp, seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, K, n)
    logits = sharp*np.eye(K)[y] + rng.normal(size=(n, K))*(1 + (rng.random((n, 1)) < .1))
    q = np.exp(logits)
    q = np.round(q/q.sum(1, keepdims=True), 6)
    return q, y

SETS = [(n, K, sharp) for n in (41, 150, 700) for K, sharp in ((2, 1.), (3, 4.), (10, 2.))] + [(120, 3, 40.)]

@pytest.mark.parametrize("n,K,sharp", SETS)
def test_plane(page, n, K, sharp):
    q, y = predictions(n, K, sharp, n + K)
    text = "\n".join(",".join(map(str, [*row, label])) for row, label in zip(q.tolist(), y))
    order = np.random.default_rng(0).permutation(n)
    code = """(({q, y}) => ({place: page.planeAnswer(given.text), limit: lsib.excessLimit(
        given.order.map(i => q[i]), given.order.map(i => y[i]))}))(read.readPredictions(given.text))"""
    found = asked(page, code, dict(text=text, order=order.tolist()))
    metric = InformationPlane(K, blocks=50)
    metric.update(log_probabilities(q), y)
    place = {k: v.item() for k, v in metric.compute().items()}
    effective = place.pop("effective_smoothing")
    for name, value in place.items(): np.testing.assert_allclose(found["place"][name], value, 1e-9, 1e-11, err_msg=name)
    np.testing.assert_allclose(found["place"]["effective_smoothing"], effective, atol=1e-6)
    assert np.isclose(found["place"]["accuracy"], (q.argmax(1) == y).mean())
    if n >= 100:
        interval = metric.interval()
        for name, ends in found["place"]["interval"].items():
            np.testing.assert_allclose(ends, interval.loc[name, ["low", "high"]], 1e-8, 1e-10, err_msg=name)
    limit = certify_excess(q, y, from_logits=False)["limit"]
    np.testing.assert_allclose(found["limit"], limit, 1e-9)
    other = certify_excess(q, y, from_logits=False, seed=1)["limit"]  # the page shuffles by an order of its own
    assert abs(found["place"]["limit"] - limit) <= 5*abs(other - limit) + .35*limit

# ---- tables ---------------------------------------------------------------------------------------

def counts(n, K, seed):
    rng = np.random.default_rng(seed)
    return rng.poisson(40*rng.dirichlet(np.full(K, .5), n)) + rng.integers(0, 2, (n, K))

TABLES = [[[30, 5, 1], [25, 9, 2], [4, 28, 6], [1, 3, 40]], [[50, 0], [0, 50]], [[9, 1], [2, 8]],
          *(counts(n, K, n*K).tolist() for n, K in ((3, 2), (12, 2), (6, 3), (12, 3), (5, 4), (8, 5), (12, 6)))]

@pytest.mark.parametrize("table", TABLES, ids=lambda t: f"{len(t)}x{len(t[0])}")
def test_curve(page, table):
    text = "\n".join(";".join(map(str, row)) for row in table)
    code = """(({joint}) => { const c = lsib.ibCurve(joint); const end = c[c.length - 1].rate
        const at = [.1, .3, .5, .8, 1].map(s => s*end)
        return {joint, curve: c, at, upper: at.map(r => lsib.upper(c, r))} })(read.readCounts(given, true))"""
    found = asked(page, code, text)
    joint = joint_from_counts(table)
    np.testing.assert_allclose(found["joint"], joint, 1e-14)
    solved = [c for c in found["curve"] if np.isfinite(c["beta"]) and c["beta"] > 1]
    for c in solved[::6]:
        mine = solve_ib(joint, c["beta"], tol=1e-9, proof=0)
        objective = c["rate"] - c["beta"]*c["relevance"]
        assert mine.objective - mine.gap <= objective + 1e-9  # neither is below what the other proves
        assert objective - c["gap"] <= mine.objective + 1e-9
        assert c["gap"] < 1e-5
    for rate, upper in zip(found["at"], found["upper"]):
        curve = solve_near(joint, rate)
        assert upper >= curve.lower(rate) - 1e-9
        assert upper - curve.upper(rate) < .02*found["curve"][-1]["relevance"] + 1e-9

def solve_near(joint, rate):
    "The curve about one rate."
    return ib_curve(joint, n=6, rate=max(rate, 1e-6), proof=0)

# ---- what people paste ----------------------------------------------------------------------------

READ = [
    "cat,dog\ndog,dog\ncat,cat\ncat,dog", "x,y\na,10\nb,2\na,2\nb,10\na,2", "3,5\n2,9", "a,5,3\nb,2,9\nc,1,1",
    ",p,q\na,3,5\nb,2,9", "p,q\na,3,5\nb,2,9", "x;p;q\na;3;5\nb;2;9", "3\t5\n2\t9\n\n", "3 5\n2 9",
    "# counts\n3,5\n2,9", "sep=;\n3;5\n2;9", "3|5\n2|9", '"a, b",5,3\n"c ""d""",2,9', "\ufeff3,5\n2,9",
    "3,5\r\n2,9\r\n", "3,5,\n2,9,\n1,4,", ".2,.1\n.3,.4", ".9,.1\n.2,.8", "1e3,2\n3,4", "5,0\n0,2",
    " 3 , 5 \n 2 , 9 ", ",0,1,2\n0,3,5,1\n1,2,9,1\n2,4,4,7",
]
BAD = [
    "", "#", "3", "3,5", "3\n5", "3,5\n2", "3,5\n2,", "3,5\n2,-1", "3,5\n2,nan", "3,5\n2,NaN", "3,5\n2,inf",
    "3,5\n2,1e999", "3,5\n2,0x10", "3,5\n2,1_0", "30%,70%\n20%,80%", "3,5\n2,5%", "1.200,3\n2,9", "1,200;3\n2;9",
    "0,5;0,5\n0,2;0,8", "$3,$5\n$2,$9", "0,0\n0,0", "id,p,q\n1,3,5\n2,2,9\n3,1,1",
    "x,p,q\n7,3,5\n8,2,9\n9,1,1\n12,1,2", "p,q,total\n3,5,8\n2,9,11", "a,3,5\nb,2,9\ntotal,5,14", "3,5\n2,9\n5,14",
    "3,5,8\n2,9,11\n4,4,8", "x,y\na,b\nc,d\ne,f\ng,h", "0,1\n1,1\n0,0\n1,0", "a,3\nb,4\nc,5",
    "10,20,30\n3,5,1\n2,9,1", "3,5\n# more\n2,9", '"3,5\n2,9', "0,0,7\n0,1,3\n1,0,2\n1,1,9", "3,5,.2\n2,9,.7\n4,4,.1",
    "x,p,q", "3,five\n2,9", "3,5\n2,9\x00", "3;5\n2,9", "p,q,n\n3,5,0\n2,9,1\n4,4,2\n1,7,3",
    "<html><td>3</td>\n</html>", "[[3, 5], [2, 9]]", '{"a": [3, 5]}', "3,,5\n2,,9",
]

SAID = r"(?!.*(undefined|TypeError|not a function))[A-Zc].{10,}[.]"  # a sentence

def either(read, *args):
    "What a reader gives, or what it refuses in words."
    try: return read(*args)
    except ValueError as e: return str(e)

def told(page, function, texts, *more):
    "What the page reads, or what it says."
    call = ", ".join(["t", *map(str, more)])
    code = f"given.map(t => {{ try {{ return read.{function}({call}) }} catch (e) {{ return e.message }} }})"
    return asked(page, code, texts)

@pytest.mark.parametrize("counts", (False, True))
def test_counts_read(page, tmp_path, counts):
    "What `lsib` refuses the page refuses, and what both read is the same."
    apart = []
    for text, seen in zip([*READ, *BAD], told(page, "readCounts", [*READ, *BAD], str(counts).lower())):
        file = tmp_path/"t.csv"
        file.write_text(text, encoding="utf-8", newline="")
        mine = either(read_joint, file, False, counts)
        fine = isinstance(seen, str) and re.fullmatch(SAID, seen, re.S) if isinstance(mine, str) else (
            isinstance(seen, dict) and np.allclose(seen["joint"], mine, 1e-12, 0))
        expected = counts or isinstance(mine, str) == (text in BAD)
        if not (fine and expected): apart.append((text, mine, seen))
    assert not apart, apart

ROWS = ".7,.2,.1,0\n.1,.8,.1,1\n.2,.2,.6,2\n.5,.3,.2,0"
PREDICTIONS = [
    "p0,p1,p2,label\n" + ROWS, "a,b,c,target\n" + ROWS,
    "a,b,c,y\n" + re.sub(r"\d$", lambda m: "abc"[int(m[0])], ROWS, flags=re.M), "label,p0,p1\n0,.7,.3\n1,.2,.8",
    "p1,p0,label\n.3,.7,0\n.8,.2,1", ",p0,p1,label\n0,.7,.3,0\n1,.2,.8,1\n2,.6,.4,0",
    "p10,p2,label\n.3,.7,2\n.8,.2,10", "f,t,label\n.3,.7,True\n.8,.2,False", "p0;p1;label\n.3;.7;1\n.801;.2;0",
]
WRONG = [
    "p0,p1,p2\n.7,.2,.1\n.1,.8,.1", "p0,p1,label\n.7,.3,2\n.1,.9,0", "p0,p1,label\n.7,.3,-1\n.1,.9,0",
    "p0,p1,label\n.7,.3,.5\n.1,.9,0", "p0,p1,label\n.7,.3,\n.1,.9,0", "p0,p1,label\n.7,,1\n.1,.9,0",
    "p0,p1,label\n.7,nan,1\n.1,.9,0", "p0,p1,label\n70,30,1\n10,90,0", "p0,p1,label\n70%,30%,1\n10%,90%,0",
    "p0;p1;label\n0,7;0,3;1\n0,1;0,9;0", "p0,p1,label\n-.1,1.1,1\n.1,.9,0", "p0,p1,label\n2.3,-1.1,1\n.1,-.9,0",
    "p0,p1,label\n.7,.5,1\n.1,.9,0", "p0,p1,fold,label\n.7,.3,0,1\n.1,.9,0,0",
    "id,p0,p1,label\n0,.7,.3,1\n1,.1,.9,0\n2,.1,.9,0", "p1,p2,p3,label\n.7,.2,.1,1\n.1,.8,.1,2\n.1,.8,.1,1",
    "a,a,label\n.7,.3,1\n.1,.9,0", "a,b,label\n.7,.3,c\n.1,.9,a", "a,b,label,y\n.7,.3,0,0\n.1,.9,0,0",
    "p,label\n.7,1\n.1,0", "", "label", "p0,p1,label\n.7,.3,1\n.1,.9",
]

def test_predictions_read(page, tmp_path):
    for name, texts in dict(good=PREDICTIONS, bad=WRONG).items():
        for text, seen in zip(texts, told(page, "readPredictions", texts)):
            file = tmp_path/"p.csv"
            file.write_text(text, encoding="utf-8")
            if name == "bad":
                assert isinstance(seen, str) and len(seen) > 10, (text, seen)
                continue
            q, y = read_predictions(file)
            assert isinstance(seen, dict), (text, seen)
            np.testing.assert_allclose(seen["q"], q/q.sum(1, keepdims=True), 1e-12, err_msg=text)
            np.testing.assert_array_equal(seen["y"], y.astype(int), err_msg=text)

def test_predictions_without_header(page):
    "The label last or first, if only one of them can be it."
    texts = [ROWS, "0,.7,.3\n1,.2,.8", "0,1,0\n1,0,1", "2.5,-1,0\n-1,2.5,1"]
    last, first, both, logits = told(page, "readPredictions", texts)
    assert last["y"] == [0, 1, 2, 0] and first["y"] == [0, 1]
    assert "header" in both and "not logits" in logits

def test_refused_in_the_page(page):
    "An error takes the place of the answer: no old number stays beside it."
    views = (("plane", "preds", "run-plane", "p0,p1,label\n70,30,1"), ("curve", "counts", "run-curve", "3,5\n2,-1"))
    for view, field, button, bad in views:
        page.locator(f"#tab-{view}").click()
        page.wait_for_function(f"document.querySelector('#t-{view}').offsetHeight > 0")
        good = page.locator(f"#{field}").input_value()
        page.fill(f"#{field}", bad)
        page.click(f"#{button}")
        page.wait_for_selector(f"#say-{view}.wrong")
        for shown in ("table", "figure"): assert not page.locator(f"#view-{view} {shown}").is_visible()
        page.fill(f"#{field}", good)
        page.click(f"#{button}")
        page.wait_for_selector(f"#say-{view}:not(.wrong)")
        page.wait_for_function(f"document.querySelector('#t-{view}').offsetHeight > 0")
        assert page.locator(f"#c-{view}").bounding_box()["height"] > 100

def test_from_a_file(browser):
    "The page works without a server, in each of its views."
    tab, wrong = browser.new_page(), []
    tab.on("pageerror", lambda e: wrong.append(str(e)))
    tab.goto((SITE/"explorer.html").as_uri())
    for view, said in dict(smooth="leaves a rate", plane="in excess on these", curve="solutions, each within").items():
        tab.locator(f"#tab-{view}").click()
        tab.wait_for_function(f"document.querySelector('#say-{view}').textContent.includes('{said}')")
    assert not wrong
