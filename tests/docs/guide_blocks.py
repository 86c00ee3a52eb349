"""The fenced blocks of a guide, in order, with the markers that stand before them.

A marker is an HTML comment in the lines before a block, so that a reader of the page does not see it:
    <!-- not run: REASON -->      the block is not run, compiled or parsed
    <!-- file: PATH -->           the block is added to the end of this file of the sandbox; ~ is its home
"""

import dataclasses
import pathlib
import re

MARKER = re.compile(r"^\s*<!-- (not run|file): (.+?) -->\s*$")
FENCE = re.compile(r"^(\s*)```(\S*)\s*$")


@dataclasses.dataclass
class Block:
    language: str
    text: str
    line: int
    not_run: str = ""
    file: str = ""


def blocks_of(path: pathlib.Path) -> list[Block]:
    found, markers, inside, indent = [], {}, None, ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if inside is None and fence:
            indent = fence[1]
            inside = Block(fence[2], "", number, markers.get("not run", ""), markers.get("file", ""))
            markers = {}
        elif inside is not None and fence and not fence[2]:
            found.append(inside)
            inside = None
        elif inside is not None:
            inside.text += line.removeprefix(indent) + "\n"
        elif marker := MARKER.match(line):
            markers[marker[1]] = marker[2]
        elif line.strip():
            if markers:
                raise ValueError(f"{path}:{number}: a marker stands before text, not before a block")
    if inside is not None:
        raise ValueError(f"{path}:{inside.line}: a block without an end")
    return found


def matches(expected: str, actual: str) -> bool:
    """`...` stands for anything within a line, and alone on a line for any lines. Spaces at line ends do not count."""
    pattern = ""
    for line in expected.strip().splitlines():
        if line.strip() == "...":
            pattern += r"(?:[^\n]*\n)*"
        else:
            pattern += ".*".join(re.escape(part.rstrip() if last else part)
                                 for part, last in _parts(line.rstrip())) + r"\n"
    text = "".join(line.rstrip() + "\n" for line in actual.strip().splitlines())
    return re.fullmatch(pattern, text) is not None


def _parts(line):
    parts = line.split("...")
    return [(part, index == len(parts) - 1) for index, part in enumerate(parts)]
