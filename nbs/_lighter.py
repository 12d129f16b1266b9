"Style sheets and the icon font without what no page uses: two thirds of a page's weight otherwise."
import re
from io import BytesIO

RULE = re.compile(r"([^{}]+)\{((?:[^{}]|\{[^{}]*\})*)\}")
NESTED = ("@media", "@supports", "@layer")

def purged(css, words):
    "The rules of a style sheet one of whose selectors names only classes that occur among the words."
    def kept(selector):
        classes = re.findall(r"\.((?:[\w-]|\\.)+)", selector)
        return all(name.replace("\\", "") in words for name in classes)
    out = re.findall(r"/\*!.*?\*/", css, re.S)  # licences
    for head, body in RULE.findall(re.sub(r"/\*.*?\*/", "", css, flags=re.S)):
        start = head.strip()
        if start.startswith(NESTED):
            inside = purged(body, words)
            if inside: out.append(f"{start}{{{inside}}}")
        elif start.startswith("@"): out.append(f"{start}{{{body}}}")
        elif selectors := [s for s in split(start) if kept(s)]: out.append(f"{','.join(selectors)}{{{body}}}")
    return "".join(out)

def split(selectors):
    "A list of selectors at its commas, those in parentheses left alone."
    return re.split(r",(?![^(]*\))", selectors)

def icons(folder, words, others):
    "The icon font and its style sheet with the icons that occur among the words or in other style sheets."
    import logging
    from fontTools import subset
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    css = (folder/"bootstrap-icons.min.css").read_text(encoding="utf-8")
    every = re.findall(r"\.(bi-[\w-]+)::before\{content:\"\\([0-9a-f]+)\"\}", css)
    shown = {name: code for name, code in every if name in words}
    codes = {int(code, 16) for code in [*shown.values(), *re.findall(r'content: ?"\\([0-9a-f]{4})"', others)]}
    options = subset.Options(flavor="woff", desubroutinize=True)
    font = subset.load_font(str(folder/"fonts"/"bootstrap-icons.woff"), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    file = BytesIO()
    font.flavor = "woff"
    font.save(file)
    (folder/"fonts"/"bootstrap-icons.woff").write_bytes(file.getvalue())
    (folder/"fonts"/"bootstrap-icons.woff2").unlink()
    base = re.search(r"\.bi::before,.*?\}", css)[0]
    url = 'url("fonts/bootstrap-icons.woff") format("woff")'
    face = f'@font-face{{font-display:block;font-family:"bootstrap-icons";src:{url}}}'
    rules = "".join(f'.{name}::before{{content:"\\{code}"}}' for name, code in shown.items())
    (folder/"bootstrap-icons.min.css").write_text(face + base + rules, encoding="utf-8")

def lighten(libs, pages):
    "Take what no page uses out of the style sheets; `pages` are the pages' texts."
    scripts = [p.read_text(encoding="utf-8") for p in libs.rglob("*.js") if "katex" not in p.parts]
    words = set(re.findall(r"[\w-]+", " ".join([*pages, *scripts])))
    for css in libs.glob("themes/*.css"):
        css.write_text(purged(css.read_text(encoding="utf-8"), words), encoding="utf-8")
    icons(libs/"bootstrap-icons", words, (libs/"smalldocs.css").read_text(encoding="utf-8"))
