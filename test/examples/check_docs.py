"""Each block of C++, JavaScript or nginx.conf in the documents occurs, line by line, in a file that is compiled or run, and each
link to a file leads to one. Usage: check_docs.py <source root>

A block may stand at another indentation there. Output is TAP.
"""

import pathlib
import re
import sys
import textwrap

root = pathlib.Path(sys.argv[1])
documents = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
folders = ["examples", "test/examples", "test/consume"]
endings = ["*.[chj][ps]*", "*.conf"]
compiled = [path for folder in folders for ending in endings for path in sorted((root / folder).rglob(ending))]


def blocks(text):
    for match in re.finditer(r"^```(?:cpp|js|nginx)\n(.*?)^```$", text, re.M | re.S):
        yield text.count("\n", 0, match.start()) + 1, match[1]


def lines_of(text):
    return [line.rstrip() for line in textwrap.dedent(text).strip("\n").splitlines()]


def occurs(block, lines):
    for start, line in enumerate(lines):
        indent = line[: len(line) - len(line.lstrip())]
        if line != indent + block[0]:
            continue
        here = lines[start : start + len(block)]
        if here == [(indent + wanted) if wanted else "" for wanted in block]:
            return True
    return False


sources = {path: [line.rstrip() for line in path.read_text().splitlines()] for path in compiled}
number = 0
good = True
for document in documents:
    for at, text in blocks(document.read_text()):
        number += 1
        block = lines_of(text)
        found = next((path for path, lines in sources.items() if occurs(block, lines)), None)
        good = good and found is not None
        where = f"{document.relative_to(root)} line {at}"
        if found:
            print(f"ok {number} - {where}: in {found.relative_to(root)}")
        else:
            print(f"not ok {number} - {where}: in no compiled file")
            print("".join(f"# {line}\n" for line in block), end="")

# A link to a file of this tree leads somewhere, from every page.
folders_of_pages = ["bench", "docs", "examples", "test", "tools"]
pages = [*sorted(root.glob("*.md")), *(path for folder in folders_of_pages for path in sorted((root / folder).rglob("*.md")))]
for document in pages:
    prose = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.M | re.S)
    prose = re.sub(r"`[^`\n]*`", "", prose)
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        if not (document.parent / target).exists():
            number += 1
            good = False
            print(f"not ok {number} - {document.relative_to(root)}: {target} is not there")

print(f"1..{number}")
sys.exit(0 if good else 1)
