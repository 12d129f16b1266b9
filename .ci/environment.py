"Set up .venv with the pinned packages, and say what happens in one line a step: python .ci/environment.py EXTRAS"
import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT/".venv"/"bin"/"python"
LOG = ROOT/".venv"/"setup.log"
MEGABYTES = 20 # a download of this size gets a line of its own

def told(line):
    "What to tell of a line that pip says, or None."
    if found := re.match(r"\s*Downloading (?:\S*/)?([\w.]+)-(\d[\w.]*)\S* \((\d+)(?:\.\d+)? MB\)", line):
        if int(found[3]) >= MEGABYTES: return f"   downloading {found[1]} {found[2]}, {found[3]} MB"
    if line.startswith("Installing collected packages"): return f"   installing {line.count(',') + 1} packages"
    return None

def pip(*args):
    "Run pip, log what it says, print the steps; end with its last lines if it fails."
    said = []
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar", "off", *args]
    with LOG.open("a") as log, subprocess.Popen(command, stdout=-1, stderr=-2, text=True) as run:
        for line in run.stdout:
            log.write(line)
            said.append(line)
            if step := told(line): print(step, flush=True)
    if run.returncode: sys.exit("".join(said[-15:]) + f"pip could not install this; all it said is in {LOG}")

if __name__ == "__main__":
    extras, version = sys.argv[1], sys.version_info[:2]
    if not (3, 10) <= version <= (3, 13):
        sys.exit("Python {}.{} is not supported: use 3.10 to 3.13, as in: make test PY=python3.12".format(*version))
    print(f"-- .venv: Python {version[0]}.{version[1]}", flush=True)
    venv.create(ROOT/".venv", symlinks=True, with_pip=True)
    pip("--upgrade", "pip")
    print(f"-- the packages of [{extras}], pinned: once, a few minutes", flush=True)
    pip("-c", str(ROOT/"constraints.txt"), "-e", f"{ROOT}[{extras}]")
    print("-- ready", flush=True)
