"One chapter as nbdev prepares it for a site: signatures for exported cells, hidden cells left out."
import ast
import nbdev.processors as nbdev
from nbdev.serve_drv import exec_nb


def runs(cell):
    "Does the site need this cell to run? What is exported, imports and nothing else, and what shows a signature."
    if cell.cell_type != "code" or not cell.source or not (trees := cell.parsed_()): return False
    if cell.directives_.keys() & {"export", "exports", "exporti", "exec_doc"}: return True
    if cell.directives_.keys() & {"slow", "gpu", "reproduce"}: return False
    return all(isinstance(t, (ast.Import, ast.ImportFrom)) for t in trees) or bool(nbdev._show_docs(trees))

def process(job):
    "One notebook by nbdev's own steps, in a process of its own."
    source, target = job
    nbdev._do_eval = runs
    exec_nb(source, target, nbdev.FilterDefaults)
