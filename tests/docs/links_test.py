"""Every relative link in the documentation leads to a file of the tree, and to a heading where it names one."""

import pathlib
import re
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def prose(page: pathlib.Path) -> list[tuple[int, str]]:
    """The lines outside of code."""
    lines, inside = [], False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif not inside:
            lines.append((number, re.sub(r"`[^`]*`", "", line) if "](" not in line else re.sub(r"(?<!\[)`[^`]*`(?!\])", "", line)))
    return lines


def anchors(page: pathlib.Path) -> set[str]:
    """Of its headings, by GitHub's rule."""
    titles = [line.lstrip("#").strip().lower() for _, line in prose(page) if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def main() -> int:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    links, broken = 0, 0
    for page in sorted(pages):
        for number, line in prose(page):
            for target in LINK.findall(line):
                if re.match(r"[a-z]+:", target):
                    continue
                links += 1
                name, _, anchor = urllib.parse.unquote(target).partition("#")
                to = (page.parent / name).resolve() if name else page
                if not to.exists() or (anchor and to.suffix == ".md" and anchor not in anchors(to)):
                    print(f"{page.relative_to(ROOT)}:{number}: no such place: {target}")
                    broken += 1
    print(f"{len(pages)} pages, {links} links, {broken} broken")
    return 1 if broken or links < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
