"""TROUBLESHOOTING.md must have every code that the library's own errors carry."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_FOR_PEOPLE = {
    "Cancelled": "the program itself stopped it",
    "OpenSsl": "a broken installation; the message says it all",
    "InvalidHeader": "a fault of the calling code, named in the message",
    "InvalidMethod": "the same",
}

codes = {}
for file in sorted((ROOT / "src").rglob("*.cpp")):
    text = file.read_text(encoding="utf-8")
    for pattern in (r'\bcode = "(\w+)"', r'\bfail\(\s*"([A-Z]\w+)"', r'^constexpr Explanation \w+\{\s*"(\w+)"'):
        for code in re.findall(pattern, text, re.M):
            codes.setdefault(code, file.relative_to(ROOT))
if len(codes) < 20:
    sys.exit(f"only {len(codes)} codes found: the patterns no longer fit the sources")

table = (ROOT / "TROUBLESHOOTING.md").read_text(encoding="utf-8")
missing = [code for code in sorted(codes) if f"`{code}`" not in table and code not in NOT_FOR_PEOPLE]
for code in missing:
    print(f"{codes[code]}: {code} is not in TROUBLESHOOTING.md")
print(f"{len(codes)} codes, {len(missing)} missing")
sys.exit(1 if missing else 0)
