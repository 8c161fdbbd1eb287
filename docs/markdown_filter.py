"""Prints a Markdown file of this repository as Doxygen needs it. Usage: markdown_filter.py <file>

The files are written for GitHub. To Doxygen the anchors of all pages are one set, and a file that is not a page is nothing to
link to. So the anchor of a heading begins with the name of its page, a link to a page or to a heading leads to the HTML, and of
a link to another file its text remains, with the name of the file as a tooltip. Lines stay where they are.
"""

import functools
import html
import os
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
documents = [*root.glob("*.md"), *root.glob("docs/**/*.md"), root / "bench/README.md"]

code = re.compile(r"^```.*?^```$|(?P<ticks>`+)(?:(?!\n\n).)+?(?P=ticks)(?!`)", re.M | re.S)
heading = re.compile(r"^(#+) (.+)$", re.M)
link = re.compile(r"(!?)\[([^][]*)\]\(([^()\s]*)\)")


def page_of(document):
    name = document.relative_to(root).with_suffix("").as_posix().lower()
    return "index" if name == "readme" else name.removeprefix("docs/").removesuffix("/readme").replace("/", "-")


pages = {document: page_of(document) for document in documents}


@functools.cache
def parts_of(document):
    """The text with a mark for each piece of code, and the pieces."""
    pieces = []

    def mark(match):
        pieces.append(match[0])
        return f"\0{len(pieces) - 1}\0"

    return code.sub(mark, document.read_text()), pieces


def with_code(text, pieces):
    return re.sub(r"\0(\d+)\0", lambda match: pieces[int(match[1])], text)


@functools.cache
def anchors_of(document):
    """Of each heading: the anchor that it has on GitHub."""
    text, pieces = parts_of(document)
    anchors = []
    for match in heading.finditer(text):
        words = with_code(link.sub(r"\2", match[2]), pieces)
        anchor = re.sub(r"[^\w -]", "", words.lower()).replace(" ", "-")
        before = sum(re.fullmatch(re.escape(anchor) + r"(-\d+)?", other) is not None for other in anchors)
        anchors.append(f"{anchor}-{before}" if before else anchor)
    return anchors


def for_doxygen(document):
    text, pieces = parts_of(document)
    page = pages[document]
    anchors = iter(anchors_of(document))

    def with_anchor(match):
        anchor = next(anchors)
        words = with_code(match[0], pieces).replace("`", "")  # Doxygen knows no code in a heading
        if match[1] == "#":  # the page itself; the main page has its name already
            return words if page == "index" else f"{words} {{#{page}}}"
        return f"{words} {{#{page}-{anchor}}}"

    def led_elsewhere(match):
        is_image, words, target = match.groups()
        if re.match("[a-z]+:", target):
            return match[0]
        if is_image:  # docs/plots/ is copied beside the pages
            return f"![{words}]({os.path.relpath(document.parent / target, root / 'docs')})"
        path, _, anchor = target.partition("#")
        to = pathlib.Path(os.path.normpath(document.parent / path)) if path else document
        if to not in pages:
            return f'<span title="{to.relative_to(root)}">{words}</span>'
        if anchor in anchors_of(to):
            anchor = f"{pages[to]}-{anchor}"
        return f"[{words}]({pages[to]}.html{'#' if anchor else ''}{anchor})"

    text = link.sub(led_elsewhere, heading.sub(with_anchor, text))
    text = re.sub(r"\*\*(?=\S)((?:(?!\n\n).)+?)\*\*", r"<b>\1</b>", text, flags=re.S)  # also around code
    return with_code(text, [code_for_doxygen(piece) for piece in pieces])


def code_for_doxygen(piece):
    if piece.startswith("``"):
        return piece
    if r"\|" in piece:  # in a table
        return f"<code>{html.escape(piece.strip('`'), quote=False)}</code>"
    return f"`{piece}`"  # between single ones, a quotation mark would be an end


if __name__ == "__main__":
    sys.stdout.write(for_doxygen(pathlib.Path(sys.argv[1]).resolve()))
