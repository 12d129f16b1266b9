"What the tests of the site share: a server of `_docs/` and a browser."
import shutil
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
import pytest

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT/"_docs"
WIDTHS = (1280, 420)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
sys.path.insert(0, str(ROOT/"nbs"))

class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args): pass

@pytest.fixture(scope="session")
def base():
    if not (SITE/"index.html").exists(): pytest.skip("needs the site that `make docs` renders")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()

@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM: pytest.skip("needs Chromium")
    from playwright.sync_api import sync_playwright
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield chromium
        chromium.close()

@pytest.fixture(scope="session")
def tabs(browser):
    "A tab for each width, kept: opening one is slow."
    return {w: browser.new_context(viewport=dict(width=w, height=900)).new_page() for w in WIDTHS}
