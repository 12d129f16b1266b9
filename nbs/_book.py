"What the book consists of: the pages of `_quarto.yml`'s sidebar that exist, and their titles."
import ast
import json
import re
from pathlib import Path
import yaml
from nbdev.config import get_config

NBS = Path(__file__).parent

def title(page):
    "A page's title: in its front matter, or its first heading."
    if page == "api.qmd": return "Index of names"  # written by `make docs`
    text = (NBS/page).read_text(encoding="utf-8")
    if page.endswith(".ipynb"): text = "".join(json.loads(text)["cells"][0]["source"])
    found = re.search(r"^title: *(.+)$", text, re.M) or re.search(r"^# (.+)$", text, re.M)
    return found[1].strip().strip("\"'")

def sidebar(config=None):
    "The contents of the sidebar without the pages that do not exist."
    config = config or yaml.safe_load((NBS.parent/"_quarto.yml").read_text(encoding="utf-8"))
    def there(entry):
        if isinstance(entry, str): return entry if (NBS/entry).exists() or entry == "api.qmd" else None
        if "href" in entry: return entry
        return {**entry, "contents": kept} if (kept := [*filter(None, map(there, entry["contents"]))]) else None
    return [*filter(None, map(there, config["website"]["sidebar"]["contents"]))]

def everyday():
    "The names that `from lsib import ...` gives."
    tree = ast.parse((NBS.parent/"lsib"/"__init__.py").read_text(encoding="utf-8"))
    found = [n.value for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "_NAMES"]
    return {name for names in ast.literal_eval(found[0]).values() for name in names.split()}

def owned(cfg=None):
    "Has the repository an owner? Then links may point there."
    cfg = cfg or get_config()
    return cfg.user != get_config().placeholder

def colab(page, cfg):
    "Where a notebook can be run without installing anything; None while the repository has no owner, or for a page."
    if not owned(cfg) or not page.endswith(".ipynb") or not cfg.git_url.startswith("https://github.com/"):
        return None
    where = cfg.git_url.removeprefix("https://github.com/").strip("/")
    return f"https://colab.research.google.com/github/{where}/blob/{cfg.branch}/nbs/{page}"

def reading_list():
    "The sidebar as a Markdown table: a row for each section."
    parts = [part for part in sidebar() if isinstance(part, dict) and "section" in part]
    rows = [f"| {part['section']} | {', '.join(f'[{title(p)}]({p})' for p in part['contents'] if p != 'api.qmd')} |"
            for part in parts]
    return "\n".join(["| | |", "|---|---|", *rows])
