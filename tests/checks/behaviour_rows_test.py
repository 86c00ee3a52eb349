"""Every row of docs/behaviour.md has a test that carries its number, and no test carries one that is not there."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def numbers(pattern, paths):
    return {int(number) for path in paths for number in re.findall(pattern, path.read_text(encoding="utf-8"), re.M)}


promised = numbers(r"^(\d+)\. ", [ROOT / "docs" / "behaviour.md"])
proven = numbers(r"\bRow(\d+)_", (ROOT / "tests" / "unit").glob("*_test.cpp"))
for number in sorted(promised - proven):
    print(f"row {number} of docs/behaviour.md has no test")
for number in sorted(proven - promised):
    print(f"a test names row {number}, which docs/behaviour.md does not have")
print(f"{len(promised & proven)} rows with a test")
sys.exit(promised != proven)
