"""Work through the experiments' trials for so many seconds, with whatever Python is there: no environment is set up,
nothing is fetched. Sweeps go on where they stopped, so the same command again continues: _gpu.py --budget 540"""
import argparse
import ast
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
ORDER = ("24", "25", "22", "21", "23", "26")  # what teaches most first: nuisances and cues, then flexibility, the curve
NEEDED = ("torch numpy scipy pandas pyarrow matplotlib seaborn torchmetrics tqdm fastcore datasets lightning_fabric "
          "joblib safetensors filelock sklearn").split()
KEPT = 60 # seconds a trial needs to start; with less than this left nothing new begins

def cells(notebook):
    "A notebook's code cells, each with its directives."
    for c in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if c["cell_type"] != "code": continue
        text = "".join(c["source"])
        yield set(re.findall(r"^#\|\s*(\w+)", text, re.M)), re.sub(r"^#\|.*\n|^\s*[%!].*\n", "", text, flags=re.M)

def sizes(notebook):
    "The keys of a notebook's table SIZES; none if it has no such table."
    for _, code in cells(notebook):
        if not re.search(r"^SIZES\b", code, re.M): continue
        for node in ast.walk(ast.parse(code)):
            if not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SIZES"): continue
            table = node.value
            if isinstance(table, ast.Dict): return [ast.literal_eval(k) for k in table.keys if k]
            if isinstance(table, ast.Call): return [k.arg for k in table.keywords]
    return []

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
    "Run a notebook in this process up to the last cell that trains; cells of flags not given are left out."
    os.chdir(NBS)
    sys.path.insert(0, str(NBS.parent))
    space = {"__name__": "__main__"}
    left_out = {"slow", "gpu", "reproduce"} - flags
    todo = [(d, code) for d, code in cells(notebook) if not d & left_out and "nbdev_export(" not in code]
    last = max((i for i, (d, _) in enumerate(todo) if d & flags), default=len(todo))
    for _, code in todo[:last + 1]: exec(compile(code, notebook.name, "exec"), space)

def main():
    args = argparse.ArgumentParser()
    args.add_argument("--budget", type=float, default=540)
    args.add_argument("--size", default="gpu")
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
        if args.size not in (there := sizes(notebook)):
            has = f"only {', '.join(there)}" if there else "no SIZES"
            print(f"{notebook.stem}: declares {has}, left out", flush=True)
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
