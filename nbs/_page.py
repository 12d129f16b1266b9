"What is done to a rendered page: pictures into files, tables into boxes, long code folded, equations and names linked."
import re
import struct
from base64 import b64decode
from html import unescape
from urllib.parse import unquote, urldefrag
from bs4 import BeautifulSoup, NavigableString

PNG = re.compile(r'<img([^>]*?) src="data:image/png;base64,([^"]+)"')
TAG = re.compile(r"\\tag\{(\w+)\}")
FOLD = 30  # lines of code above which a block is folded
JOIN = 3  # imports of so many lines stand at the head of the next block
WIDE = 2, 1600  # width over height of a figure, and its width in pixels, above which its type is too small on a phone

def pictures(html, page, out):
    "Pictures that the page holds as text become files, which load when they come into view."
    folder = out/"figures"
    folder.mkdir(exist_ok=True)
    count = 0
    def one(match):
        nonlocal count
        count += 1
        data = b64decode(match[2])
        width, height = struct.unpack(">II", data[16:24])
        name = f"{page}-{count}.png"
        (folder/name).write_bytes(data)
        lazy = ' loading="lazy"' if count > 1 else ""
        return f'<img{match[1]} src="figures/{name}" width="{width}" height="{height}" decoding="async"{lazy}'
    return PNG.sub(one, html)

def numbers(html):
    "The numbers of a page's displayed equations."
    shown = re.findall(r'<span class="math display">.*?</span>', html, re.S)
    return {number for text in shown for number in TAG.findall(text)}

def fold(soup, block, summary):
    "Put a block of code behind a line to click."
    details = soup.new_tag("details", attrs={"class": "code-fold"})
    title = soup.new_tag("summary")
    title.string = summary
    block.wrap(details)
    details.insert(0, title)

def codes(soup):
    "Fold imports and long code; what is exported stays open while it is short."
    for block in soup.select("div.cell div.code-copy-outer-scaffold"):
        if block.find_parent(class_="cell-output"): continue
        lines = [line for line in block.find("code").get_text().splitlines() if line.strip()]
        parent = block.find_parent("details")
        if parent is not None:
            if len(lines) > FOLD and parent.has_attr("open"):
                del parent["open"]
                parent.find("summary").string = f"Exported source, {len(lines)} lines"
            continue
        if all(re.match(r"\s*(import|from)\s|\s+\w+,?$|\)", line) for line in lines):
            if len(lines) > JOIN or not joined(block): fold(soup, block, "Imports")
        elif len(lines) > FOLD: fold(soup, block, f"Code, {len(lines)} lines")

def joined(block):
    "Put short imports at the head of the code that follows at once; False where none does."
    cell = block.find_parent("div", class_="cell")
    after = cell.find_next_sibling()
    if after is None or "cell" not in after.get("class", []): return False
    first = after.find(True, recursive=False)
    if first is None or "code-copy-outer-scaffold" not in first.get("class", []): return False
    code = first.find("code")
    for part in [NavigableString("\n\n"), *reversed(list(block.find("code").contents))]: code.insert(0, part)
    block.decompose()
    return True

def helpers(soup, everyday):
    "What few people call by name shows its name and its line; parameters behind a line to click."
    for block in soup.select(".signature"):
        head = block.find(["h3", "h4"])
        if head is None or head.get_text(strip=True).partition(".")[0] in everyday: continue
        shown = block.select(":scope > .code-copy-outer-scaffold, :scope > .sd-table, :scope > table")
        if not shown: continue
        block["class"] = [*block["class"], "helper"]
        details = soup.new_tag("details", attrs={"class": "code-fold"})
        title = soup.new_tag("summary")
        title.string = "Parameters"
        shown[0].insert_before(details)
        details.append(title)
        for part in shown: details.append(part.extract())

def captions(soup):
    "The line in italics below a figure is its caption; a wide figure scrolls on a phone."
    for figure in soup.select("figure.figure"):
        picture, cell = figure.find("img"), figure.find_parent("div", class_="cell")
        wide, high = (int(picture.get(side, 1)) for side in ("width", "height")) if picture is not None else (0, 1)
        if wide > WIDE[0]*high or wide > WIDE[1]:
            picture["style"] = f"--least: {wide//3}px"
            picture["class"] = [*picture.get("class", []), "wide"]
        below = cell.find_next_sibling() if cell is not None else None
        if below is None or below.name != "p" or figure.find("figcaption") is not None: continue
        parts = [part for part in below.contents if str(part).strip()]
        if len(parts) != 1 or parts[0].name != "em": continue
        caption = soup.new_tag("figcaption")
        for part in list(parts[0].contents): caption.append(part.extract())
        below.decompose()
        figure.append(caption)

def tables(soup):
    "A table that is wider than its column scrolls in a box of its own, which the keyboard reaches."
    for table in soup.select("main table"):
        box = table.find_parent(class_="sd-table")
        if box is None: box = table.wrap(soup.new_tag("div", attrs={"class": "sd-table"}))
        box.attrs |= {"tabindex": "0", "role": "region", "aria-label": "table"}
        if table.get("border"): del table["border"]
        for head in table.select("thead th"):
            if not head.get_text(strip=True): head.name = "td"  # an empty header names nothing
    for pre in soup.select("main pre"): pre["tabindex"] = "0"

def headings(soup):
    "The id of a heading is a target once, so that a name's link finds the name and not its chapter's heading."
    taken = set()
    for block in soup.select(".signature"):
        head = block.find(["h3", "h4"])
        if head is None: continue
        plain, wanted = head.get("id", ""), head.get_text(strip=True).lower()
        if wanted in taken: wanted += "-1"  # `Trained` beside `trained`
        taken.add(wanted)
        for other in soup.find_all(id=wanted):
            if other is not head: other["id"] = f"about-{wanted}"
        head["id"] = head["data-anchor-id"] = wanted
        for link in soup.select(f'a[href="#{plain}"]') if plain != wanted else []: link["href"] = f"#{wanted}"
        for link in block.select("td:first-child a"): link.unwrap()  # a parameter may have the name of a function

def equations(soup, page, tags):
    "Displayed equations become targets; (3) in the text, and (3) after a link to another page, become links to them."
    for span in soup.select("span.math.display"):
        found = TAG.findall(span.get_text())
        for number in found[1:]: span.insert_before(soup.new_tag("a", attrs={"id": f"eq-{number}"}))
        if found: span["id"] = f"eq-{found[0]}"
    for text in soup.find_all(string=re.compile(r"\(\d+\)")):
        if text.find_parent(["a", "code", "pre", "script", "h1", "h2", "h3", "span", "table"]): continue
        if text.find_parent("main") is None: continue
        before, parts, end = text.previous_sibling, [], 0
        for match in re.finditer(r"\((\d+)\)", text):
            at = page
            linked = match.start() <= 1 and getattr(before, "name", None) == "a"
            if linked and ".html" in before.get("href", ""): at = re.sub(r"\.html.*", "", before["href"]).strip("./")
            if match[1] not in tags.get(at, ()): continue
            to = f"{'' if at == page else at + '.html'}#eq-{match[1]}"
            link = soup.new_tag("a", attrs={"href": to, "class": "equation-link"})
            link.string = match[0]
            parts += [NavigableString(text[end:match.start()]), link]
            end = match.end()
        if parts: text.replace_with(*parts, NavigableString(text[end:]))

def unowned(soup, host):
    "Without an owner of the repository there are no links to it."
    for link in soup.select(f'a[href*="{host}"]'): link.unwrap()

def named(soup, places, modules):
    "Everyday names in the text of pages that are no notebooks lead to where they are explained, but for `sweep`."
    for code in soup.select("main p code, main li code, main td code"):
        name = code.get_text()
        to = None if name in modules else places.get(name.removesuffix("()"))
        if to is None or code.find_parent(["a", "pre", "h1", "h2", "h3", "h4", "summary"]): continue
        if code.find_parent(class_="signature") is None: code.wrap(soup.new_tag("a", attrs={"href": to}))

def notebook(soup, link):
    "A link to run the page's notebook elsewhere, below its title."
    below = soup.select_one("#title-block-header")
    if not link or below is None: return
    line = soup.new_tag("p", attrs={"class": "notebook-link"})
    anchor = soup.new_tag("a", attrs={"href": link})
    anchor.string = "Open this notebook in Colab"
    line.append(anchor)
    below.append(line)

def finish(html, page, tags, host, everyday, modules=(), link=None):
    """A page as the site serves it; `host` is the placeholder owner's, or None, `everyday` the names shown in full
    and their places, `modules` names that may mean a module, `link` where the page's notebook can be run."""
    soup = BeautifulSoup(html, "html.parser")
    headings(soup)
    codes(soup)
    captions(soup)
    tables(soup)
    helpers(soup, everyday)
    named(soup, everyday, modules)
    notebook(soup, link)
    equations(soup, page, tags)
    if host: unowned(soup, host)
    for picture in soup.select("main img:not([alt])"): picture["alt"] = ""
    for link in soup.select('a[href^="http"]'): link["rel"] = "noopener"
    return str(soup)

def names_found(pages):
    """Links of names, which nbdev makes by the name alone: one that leads nowhere is sent to the page that explains the
    name, or to its class, or is a name without a link."""
    ids = {name: set(re.findall(r'\sid="([^"]+)"', html)) for name, html in pages.items()}
    def one(match):
        page, _, place = match[1].removeprefix("/").removeprefix("./").partition("#")
        if page not in ids or place in ids[page]: return match[0]
        for wanted in (place, place.partition(".")[0]):
            homes = [p for p in (page, *ids) if wanted in ids[p] and p != "api.html"]
            if homes: return match[0].replace(match[1], f"{homes[0]}#{wanted}", 1)
        return match[2]
    link = re.compile(r'<a href="([^"]+\.html#[^"]+)"[^>]*>(<code>[^<]*</code>)</a>')
    return {name: link.sub(one, html) for name, html in pages.items()}

def dead(pages):
    "Links to pages, files or places that are not there: (page, link)."
    ids = {name: {unescape(i) for i in re.findall(r'\sid="([^"]+)"', html)} for name, html in pages.items()}
    for name, html in pages.items():
        for link in set(re.findall(r'<a [^>]*href="([^"]+)"', html)):
            target, place = urldefrag(unescape(link))
            if re.match(r"\w+:", target): continue
            target = target.removeprefix("./").removeprefix("/") or name
            if target.endswith("/"): target += "index.html"
            if not target.endswith(".html"): continue
            if target not in ids or place and unquote(place) not in ids[target]: yield name, link
