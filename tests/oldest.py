"""The lowest versions that settings.ini allows, in an environment of their own: does every command run, and the code of
the pages? `make test-oldest`; the environment, .venv/oldest, is set up once (torch is the large download)."""
import configparser
import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT/".venv"/"oldest"
PYTHON = HOME/"bin"/"python"

PREPARE = """
import numpy as np
rng = np.random.default_rng(0)
y = rng.integers(0, 3, 200)
np.savez('p.npz', preds=3*np.eye(3)[y] + rng.normal(size=(200, 3)), target=y)
open('counts.csv', 'w').write('x,a,b,c\\nu,30,5,1\\nv,2,40,3\\nw,1,2,9\\n')
"""
EVERYDAY = "import lsib; [getattr(lsib, name) for name in lsib.__all__]"
COMMANDS = ["--help", "plane p.npz", "curve counts.csv --n 3", "demo --seeds 1 --epochs 1",
            "sweep --out runs --seeds 1 --epochs 1 --grid 0,.1 --jobs 1", "report runs"]

def floors():
    "The requirements at their lower bounds."
    ini = configparser.ConfigParser(delimiters=["="])
    ini.read(ROOT/"settings.ini", encoding="utf-8")
    wanted = ini["DEFAULT"]["requirements"].split() + ini["DEFAULT"]["experiments_requirements"].split()
    return [re.sub(r">=([\d.]+).*", r"==\1", requirement) for requirement in wanted]

def setup(packages):
    "Install the floors once; again when they change."
    done = HOME/"floors.txt"
    if done.exists() and done.read_text() == "\n".join(packages): return
    print(f"-- .venv/oldest: {' '.join(packages)}", flush=True)
    venv.create(HOME, symlinks=True, with_pip=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "-q", *packages], check=True)
    done.write_text("\n".join(packages))

def main(work):
    packages = floors()
    setup(packages)
    work.mkdir(exist_ok=True)
    env = dict(PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1", MPLBACKEND="agg", PATH="/usr/bin:/bin")
    pages = [re.findall(r"^```python\n(.*?)^```", p.read_text(encoding="utf-8"), flags=re.M | re.S)
             for p in sorted((ROOT/"nbs").glob("howto_*.qmd"))]
    jobs = [["-c", PREPARE], ["-c", EVERYDAY], *(["-c", "\n".join(blocks)] for blocks in pages if blocks)]
    jobs += [["-c", "from lsib.cli import app; app()", *command.split()] for command in COMMANDS]
    failed = 0
    for job in jobs:
        run = subprocess.run([PYTHON, *job], capture_output=True, text=True, cwd=work, env=env)
        what = f"lsib {' '.join(job[2:])}" if len(job) > 2 else job[1].strip().splitlines()[0][:70]
        print(f"{'FAILED' if run.returncode else 'ok':7}{what}", flush=True)
        if run.returncode: print(run.stderr[-1500:])
        failed += bool(run.returncode)
    print(f"{len(jobs) - failed} passed, {failed} failed")
    return failed

if __name__ == "__main__": sys.exit(main(HOME/"work"))
