"""How the site shows an exported name: its call, what it does, a table of parameters and the return (`renderer` in
settings.ini)."""
import ast
import inspect
import re
from contextlib import suppress
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from _book import owned
from fastcore.docments import docments, qual_name
from nbdev.doclinks import NbdevLookup
from numpy.typing import ArrayLike

ARRAY_LIKE = inspect.formatannotation(ArrayLike).partition("[")[2].rpartition("]")[0]
EMPTY = inspect.Parameter.empty

def typed(annotation):
    "An annotation as a reader would write it; nothing for none."
    if annotation in (EMPTY, None): return ""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = text.replace(ARRAY_LIKE, "ArrayLike")
    text = re.sub(r"\b(?:[A-Za-z_]\w*\.)+(?=\w)", "", text).replace("NoneType", "None")  # torch.Tensor -> Tensor
    while found := re.search(r"(?:Union|Optional)\[([^\[\]]*)\]", text):
        parts = found[1].split(", ") + ["None"] * found[0].startswith("Optional")
        text = text[:found.start()] + " | ".join(parts) + text[found.end():]
    return text

def cell(text):
    "Text as one cell of a Markdown table."
    return " ".join(str(text or "").split()).replace("|", "\\|")

def code(text): return f"`{cell(text)}`" if text else ""

@cache
def exported(name):
    "What a name is in the package, or None."
    places = (Path(__file__).resolve().parents[1]/"lsib"/"_modidx.py").read_text(encoding="utf-8")
    for module, names in ast.literal_eval(places.partition("d = ")[2])["syms"].items():
        if f"{module}.{name}" in names: return getattr(import_module(module), name, None)
    return None

class Signature:
    "What `show_doc` shows of a function, a class or a method."
    def __init__(self, sym, name=None, title_level=3):
        self.sym = sym.fget if isinstance(sym, property) else sym
        self.name = name or qual_name(self.sym)
        self.title_level = title_level + ("." in self.name)

    @cached_property
    def parameters(self):
        "The parameters that a caller names."
        try: signature = inspect.signature(self.sym)
        except (TypeError, ValueError): return []
        return [p for p in signature.parameters.values() if p.name not in ("self", "cls")]

    @cached_property
    def said(self):
        "What the comments beside parameters and return say."
        said = {}
        for found in (self.sym, exported(self.name)):  # a class that a decorator made in a notebook has no source there
            with suppress(Exception): said = docments(found, full=True, args_kwargs=True)
            if any(about["docment"] for about in said.values()): break
        return said

    def comment(self, name): return (self.said.get(name) or {}).get("docment") or ""

    def call(self):
        "The call, a line if it fits."
        def one(p):
            star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
            return star + p.name + ("" if p.default is EMPTY else f"={default(p.default)}")
        parts, bare = [], True
        for p in self.parameters:
            if p.kind == p.VAR_POSITIONAL: bare = False
            if p.kind == p.KEYWORD_ONLY and bare: parts, bare = [*parts, "*"], False
            parts.append(one(p))
        line = f"{self.name}({', '.join(parts)})"
        return line if len(line) <= 76 else f"{self.name}(\n    " + ",\n    ".join(parts) + ",\n)"

    def table(self):
        "Parameters and return: name, type, default, what it is."
        rows = [(code(p.name), kind(p), cell(self.comment(p.name))) for p in self.parameters]
        returned = (self.said.get("return") or {}).get("anno")
        if self.comment("return") or returned not in (EMPTY, None):
            rows.append(("**returns**", code(typed(returned)), cell(self.comment("return"))))
        if not rows: return ""
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return "\n".join(["| parameter | type, default | what it is |", "|:---|:---|:---|", *lines])

    def source(self):
        "A link to the source, where an owner of the repository is named."
        if not owned(): return ""
        link = NbdevLookup().code(f"{self.sym.__module__}.{self.name}")
        return f'[source]({link}){{target="_blank" .source-link}}\n\n' if link else ""

    def _repr_markdown_(self):
        heading = f"{'#'*self.title_level} {self.name}"
        shown = f"```python\n{self.call()}\n```" if self.parameters or callable(self.sym) else ""
        text = inspect.getdoc(self.sym) or ""
        parts = [self.source() + heading, text, shown, self.table()]
        shown = "::: {.signature}\n" + "\n\n".join(filter(None, parts)) + "\n\n:::"
        return "\n\n".join([shown, *(method._repr_markdown_() for method in self.methods())])

    __repr__ = _repr_markdown_

    def methods(self):
        "The methods that a class's own code explains; those added by `patch` are shown where they are added."
        if not inspect.isclass(self.sym): return []
        try: code, first = inspect.getsourcelines(self.sym)
        except (OSError, TypeError): return []
        shown = []
        for name, found in vars(self.sym).items():
            f = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
            if name.startswith("_") or not inspect.isfunction(f) or not f.__doc__: continue
            if first <= f.__code__.co_firstlineno < first + len(code):
                shown.append(Signature(f, f"{self.sym.__name__}.{name}", self.title_level))
        return shown

def kind(parameter):
    "The type and the default of a parameter."
    given = "" if parameter.default is EMPTY else f"= {default(parameter.default)}"
    return code(" ".join(filter(None, [typed(parameter.annotation), given])))

def default(value):
    "A default as a reader would type it."
    if callable(value): return getattr(value, "__name__", repr(value))
    return repr(value)
