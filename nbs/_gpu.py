"""Work through the experiments' trials for so many seconds, with whatever Python is there: no environment is set up,
nothing is fetched. Sweeps go on where they stopped, so the same command again continues: _gpu.py --budget 540"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

NBS = Path(__file__).resolve().parent
ORDER = ("24", "25", "22", "21", "23", "26") # what teaches most first: nuisances and cues, then flexibility, the curve
NEEDED = ("torch numpy scipy pandas pyarrow matplotlib seaborn torchmetrics tqdm fastcore datasets lightning_fabric "
          "joblib safetensors filelock sklearn").split()
KEPT = 60 # seconds a trial needs to start; with less than this left nothing new begins

def cells(notebook):
    "A notebook's code cells, each with its directives."
    for c in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if c["cell_type"] != "code": continue
        text = "".join(c["source"])
        yield set(re.findall(r"^#\|\s*(\w+)", text, re.M)), re.sub(r"^#\|.*\n|^\s*[%!].*\n", "", text, flags=re.M)

def lacking(device):
    "What is missing, one line each."
    known = {"sklearn": "scikit-learn"} # where pip calls it otherwise
    absent = [name for name in NEEDED if not find_spec(name)]
    out = [f"package {name}: pip install {known.get(name, name.replace('_', '-'))}" for name in absent]
    if not out and device == "gpu":
        import torch
        if not torch.cuda.is_available():
            out.append("a GPU: torch.cuda.is_available() is False; SIZE=test or SIZE=cpu run without one")
    data = os.environ.get("LSIB_DATA")
    if not data: out.append("data: LSIB_DATA names no folder with image sets, and nothing is fetched here")
    elif not Path(data).is_dir(): out.append(f"data: LSIB_DATA={data} is no folder")
    return out

def run(notebook, flags):
    "Run a notebook's cells in this process, those of flags not given left out."
    os.chdir(NBS)
    sys.path.insert(0, str(NBS.parent))
    space = {"__name__": "__main__"}
    for directives, code in cells(notebook):
        if directives & {"slow", "gpu", "reproduce"} - flags or "nbdev_export(" in code: continue
        exec(compile(code, notebook.name, "exec"), space)

def main():
    args = argparse.ArgumentParser()
    args.add_argument("--budget", type=float, default=540)
    args.add_argument("--size", default="gpu", choices=("gpu", "cpu", "test"))
    args.add_argument("--only", default=" ".join(ORDER))
    args.add_argument("--one")
    args = args.parse_args()
    if args.one: return run(Path(args.one), {"slow", args.size})
    end = time.time() + args.budget
    if missing := lacking(args.size): sys.exit("\n  ".join(["Not started, this is missing:", *missing]))
    os.environ |= dict(SIZE=args.size, MPLBACKEND="agg", HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", IN_TEST="1")
    for number in args.only.split():
        notebook = next(NBS.glob(f"{number}_*.ipynb"))
        left = end - time.time()
        if "SIZES" not in notebook.read_text(encoding="utf-8"):
            print(f"{notebook.stem}: declares no SIZES, left out", flush=True)
            continue
        if left < min(KEPT, args.budget/2):
            print(f"{notebook.stem}: not begun, the budget is spent; the same command goes on", flush=True)
            continue
        start = time.time()
        command = [sys.executable, __file__, "--one", str(notebook), "--size", args.size]
        with subprocess.Popen(command, start_new_session=True) as child:
            try: ended = "done" if not child.wait(timeout=left) else f"stopped with exit code {child.returncode}"
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGINT) # sweeps keep each finished trial and go on from there
                try: child.wait(timeout=15)
                except subprocess.TimeoutExpired: os.killpg(child.pid, signal.SIGKILL)
                ended = "out of time; the same command goes on"
        print(f"{notebook.stem}: {ended} after {time.time() - start:.0f} s", flush=True)
    print("results are in nbs/results/")

if __name__ == "__main__": main()
