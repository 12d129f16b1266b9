"""What a notebook's outputs depend on, as one hash: its own code, the functions of lsib that this code reaches, and
the saved tables that it reads. `_run.py` stores the hash with the outputs; run as a script, name those out of date."""
import ast
import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path

NBS = Path(__file__).parent
LIB = NBS.parent/"lsib"

def bare(tree):
    "The tree as text, without docstrings: what a comment or a docstring says changes no output."
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)) and ast.get_docstring(node, clean=False):
            node.body = node.body[1:] or [ast.Pass()]
    return plain(tree)

def plain(node):
    "Like `ast.dump`, but the same in every version of Python."
    if isinstance(node, list): return "[" + ",".join(map(plain, node)) + "]"
    if not isinstance(node, ast.AST): return repr(node)
    fields = [f"{name}={plain(value)}" for name, value in ast.iter_fields(node) if value not in (None, [])]
    return f"{type(node).__name__}({','.join(fields)})"

def names(tree):
    "Every name that is read, called, or looked up in something."
    found = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    return found | {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}

def imported(tree, package="lsib"):
    "(local name, module, name there) of each import from the package; name None for a module."
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = (package + "." * bool(node.module) if node.level else "") + (node.module or "")
            if module.split(".")[0] != package: continue
            for a in node.names:
                whole = module == package and (LIB/f"{a.name}.py").exists()
                home = a.name if whole else module.partition(".")[2] or "__init__"
                yield a.asname or a.name, home, None if whole else a.name
        elif isinstance(node, ast.Import):
            for a in node.names:
                top, _, rest = a.name.partition(".")
                if top == package: yield a.asname or package, rest or "__init__", None

@lru_cache(None)
def module(name):
    "A module's definitions by name, what every import of it runs, and its imports from lsib."
    defined, always, tree = {}, [], ast.parse((LIB/f"{name}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)): heads = [node.name]
        elif isinstance(node, ast.Assign): heads = sorted(names(ast.Tuple(node.targets)))
        else: heads = []
        patched = isinstance(node, ast.FunctionDef) and node.decorator_list
        for head in heads: defined.setdefault(head, []).append(node)
        if (patched or not heads) and not isinstance(node, (ast.Import, ast.ImportFrom)): always.append(node)
    return defined, always, {local: (m, n) for local, m, n in imported(tree)}

@lru_cache(None)
def lazy():
    "The everyday names of `lsib`, with the modules they live in."
    tree = ast.parse((LIB/"__init__.py").read_text(encoding="utf-8"))
    return {a.asname or a.name: node.module.partition(".")[2] for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lsib.") for a in node.names}

def reached(roots):
    "The text of every definition that the roots, (module, name), lead to."
    todo, seen, texts = list(roots), set(), set()
    while todo:
        at = todo.pop()
        if at in seen: continue
        seen.add(at)
        mod, name = at
        if mod == "__init__":
            todo += [(m, n) for n, m in lazy().items() if name in (None, n)]
            continue
        defined, always, imports = module(mod)
        nodes = always + (sum(defined.values(), []) if name is None else defined.get(name, []))
        todo += [(mod, "")] if name else []
        for node in nodes:
            texts.add(f"{mod}: {bare(node)}")
            for used in names(node):
                if used in defined: todo.append((mod, used))
                if used in imports: todo.append(imports[used])
    return texts

def uses(path):
    "The hash of what a notebook's outputs depend on."
    cells = [c for c in json.loads(Path(path).read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    code = "\n".join("".join(c["source"]) for c in cells)
    tree = ast.parse(re.sub(r"^\s*[%!].*$", "", code, flags=re.M))
    here = {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    roots = [(m, n) for local, m, n in imported(tree) if n not in here]
    tables = sorted({NBS/t for t in re.findall(r"results/[\w.]+", code) if (NBS/t).is_file()})
    parts = [bare(tree), *sorted(reached(roots)), *(t.read_bytes().hex() for t in tables)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

def notebooks(): return sorted(p for p in NBS.glob("*.ipynb") if p.name[0] not in "_.")

def ran_with(path):
    "The hash stored with a notebook's outputs, or None."
    return json.loads(path.read_text(encoding="utf-8"))["metadata"].get("lsib", {}).get("uses")

def stale():
    "The notebooks whose outputs are not known to come from the code and the tables that are there."
    return [p for p in notebooks() if ran_with(p) != uses(p)]

if __name__ == "__main__":
    if late := stale():
        print(f"-- run before their code or tables changed (make figures): {' '.join(p.stem for p in late)}")
