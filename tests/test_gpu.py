"`make gpu`, on the CPU: what it lacks is said before it starts; a budget ends what runs and keeps what is done."
import json
import os
import subprocess
import sys
from pathlib import Path

GPU = Path(__file__).resolve().parents[1]/"nbs"/"_gpu.py"

def start(folder, *args, **env):
    "Run a copy of the script that finds its notebooks in the folder."
    (folder/"nbs").mkdir(exist_ok=True)
    (folder/"nbs"/"_gpu.py").write_text(GPU.read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, folder/"nbs"/"_gpu.py", *args]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env}, timeout=100)

def notebook(folder, name, *codes):
    cells = [dict(cell_type="code", source=code.splitlines(True)) for code in codes]
    (folder/"nbs").mkdir(exist_ok=True)
    (folder/"nbs"/name).write_text(json.dumps(dict(cells=cells)), encoding="utf-8")

def test_lacking(tmp_path):
    for data, word in (("", "LSIB_DATA names no folder"), (str(tmp_path/"none"), "is no folder")):
        run = start(tmp_path, "--size", "cpu", LSIB_DATA=data)
        assert run.returncode == 1 and word in run.stderr and "Traceback" not in run.stderr

def test_budget(tmp_path):
    first = "import os\nSIZES = dict(test=1)\nopen('done', 'a').write(os.environ['SIZE'])"
    notebook(tmp_path, "24_a.ipynb", first, "#| gpu\n1/0", "#| slow\nopen('slow', 'w')", "raise ValueError('a figure')")
    notebook(tmp_path, "25_b.ipynb", "SIZES = {\n    'test': 1}\nimport time\ntime.sleep(60)")
    notebook(tmp_path, "22_c.ipynb", "no_sizes = 0")
    notebook(tmp_path, "21_d.ipynb", "SIZES = {'cpu': 1, 'gpu': 2}\n1/0")
    run = start(tmp_path, "--size", "test", "--budget", "6", "--only", "24 21 25 22", LSIB_DATA=str(tmp_path))
    assert not run.returncode, run.stderr
    assert "24_a: done" in run.stdout and "25_b: out of time" in run.stdout and "22_c: declares no SIZES" in run.stdout
    assert "21_d: declares only cpu, gpu, left out" in run.stdout
    assert (tmp_path/"nbs"/"done").read_text() == "test" and (tmp_path/"nbs"/"slow").exists()
