"""Each link of the built reference leads somewhere, and each public name has a place in it.
Usage: check_reference.py <folder with html/ and xml/>

The names are those that Doxygen has read in the headers; of these it leaves out of the HTML what stands in something that has
no comment. Output is TAP.
"""

import html.parser
import pathlib
import re
import sys
import urllib.parse
import xml.etree.ElementTree

out = pathlib.Path(sys.argv[1]).resolve()
site = out / "html"


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.anchors = set()
        self.links = set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        for key, value in attributes:
            if key == "id" or (tag == "a" and key == "name"):
                self.anchors.add(value)
            elif key in ("href", "src", "data"):
                self.links.add(value)


pages = {path: Page(path) for path in site.rglob("*.html")}


def links_of_scripts():
    """What the search finds."""
    for path in site.rglob("*.js"):
        for target in re.findall(r"""['"]([\w./-]+\.html(?:#\w+)?)['"]""", path.read_text()):
            yield path, target


def is_dead(path, target):
    parts = urllib.parse.urlsplit(target)
    if parts.scheme in ("http", "https", "javascript"):
        return False
    to = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
    if parts.scheme or not to.is_file() or site not in to.parents:
        return True
    return bool(parts.fragment) and to in pages and urllib.parse.unquote(parts.fragment) not in pages[to].anchors


def names():
    """Of each public class, concept, function, type, variable and macro: how it is called, its page, and its anchor there."""
    for entry in xml.etree.ElementTree.parse(out / "xml/index.xml").getroot():
        if entry.get("kind") in ("dir", "page") or re.search(r"\bdetail\b|^std\b", entry.findtext("name")):
            continue
        page = entry.get("refid")
        compound = xml.etree.ElementTree.parse(out / "xml" / f"{page}.xml").getroot().find("compounddef")
        if compound.get("prot") == "private":
            continue
        scope = compound.findtext("compoundname")
        if compound.get("kind") != "file":
            yield scope, page, ""
        for member in compound.iter("memberdef"):
            name = member.findtext("name")
            is_made_or_ended = name.lstrip("~") == re.sub(r".*::", "", scope)
            if member.get("prot") == "public" and member.get("kind") != "friend" and not is_made_or_ended:
                yield f"{scope}::{name}", page, member.get("id").removeprefix(f"{page}_1")


def has_place(page, anchor):
    found = pages.get(site / f"{page}.html")
    return found is not None and (not anchor or anchor in found.anchors)


links = {(path, target) for path, page in pages.items() for target in page.links} | set(links_of_scripts())
dead = sorted(f"{path.relative_to(site)}: {target}" for path, target in links if is_dead(path, target))
public = list(names())
missing = sorted({name for name, page, anchor in public if not has_place(page, anchor)})

checks = {f"{len(links)} links": dead, f"{len(public)} public names": missing}
for number, (what, faults) in enumerate(checks.items(), 1):
    print(f"{'not ok' if faults else 'ok'} {number} - {what}")
    print("".join(f"# {fault}\n" for fault in faults), end="")
print(f"1..{len(checks)}")
sys.exit(1 if any(checks.values()) else 0)
