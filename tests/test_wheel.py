"The package as people install it: a wheel built from the source archive, used away from the checkout."
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path
import numpy as np
import pytest
from nbdev.config import get_config

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("lsib", "pyproject.toml", "setup.py", "settings.ini", "README.md", "LICENSE", "MANIFEST.in")

def run(*command, cwd, **more):
    "What a command prints."
    env = os.environ | dict(PIP_DISABLE_PIP_VERSION_CHECK="1") | more
    done = subprocess.run([*map(str, command)], cwd=cwd, env=env, capture_output=True, text=True, timeout=110)
    assert not done.returncode, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout

@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT/name).is_dir() else shutil.copy
        copy(ROOT/name, folder/name)
    run(sys.executable, "setup.py", "-q", "sdist", cwd=folder)
    archive, = (folder/"dist").glob("*.tar.gz")
    unpacked = folder/"unpacked"
    with tarfile.open(archive) as tar: tar.extractall(unpacked, filter="data")
    source, = unpacked.iterdir()
    pip = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation")
    run(*pip, "-w", folder, source, cwd=folder)
    return next(folder.glob("*.whl"))

def test_metadata(wheel):
    with zipfile.ZipFile(wheel) as held:
        names = held.namelist()
        text = held.read(next(n for n in names if n.endswith(".dist-info/METADATA"))).decode()
    about = message_from_string(text)
    assert "lsib/py.typed" in names and not [n for n in names if not n.startswith("lsib")]
    assert len([c for c in about.get_all("Classifier") if "Python :: 3." in c]) == 4
    nobody = get_config().placeholder
    owned = get_config().user != nobody
    assert owned == ("https://" in str(about.get_all("Project-URL"))) and nobody not in text
    body = about.get_payload()
    assert "# lsib" in body and ("](nbs/" not in body), "links of the description lead out of the package"

def test_used(wheel, tmp_path):
    "`lsib --version`, and a place in the plane, by the installed package alone."
    home = tmp_path/"installed"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", home, wheel, cwd=tmp_path)
    alone = dict(PYTHONPATH=str(home))
    there = run(sys.executable, "-c", "import lsib; print(lsib.__file__)", cwd=tmp_path, **alone)
    assert Path(there.strip()).is_relative_to(home)
    rng = np.random.default_rng(0)
    target = rng.integers(0, 3, 200)
    np.savez(tmp_path/"mine.npz", preds=4*np.eye(3)[target] + rng.normal(size=(200, 3)), target=target)
    lsib = [sys.executable, home/"bin"/"lsib"]
    assert "0." in run(*lsib, "--version", cwd=tmp_path, **alone)
    assert "excess" in run(*lsib, "plane", "mine.npz", cwd=tmp_path, **alone)
