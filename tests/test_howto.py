"The ```python blocks of the pages that are no notebooks run, a page in one process; ```py blocks do not."
import re
import subprocess
import sys
from pathlib import Path
import pytest

NBS = Path(__file__).resolve().parents[1]/"nbs"
PAGES = [p for p in sorted(NBS.glob("*.qmd")) if "```python\n" in p.read_text(encoding="utf-8")]

@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_page(page, tmp_path):
    text = page.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", text, flags=re.M | re.S))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert not run.returncode, run.stderr[-2000:]
    for said in re.findall(r"^```\n\n((?:    .+\n)+)", text, flags=re.M):  # what the page says that it prints
        assert re.sub(r"^    ", "", said, flags=re.M) in run.stdout
