"""The code in docs/requests.md is that of the examples, which are built, run and checked."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
examples = {line.strip() for file in (ROOT / "examples").glob("*.cpp")
            for line in file.read_text(encoding="utf-8").splitlines()}
guide = (ROOT / "docs" / "requests.md").read_text(encoding="utf-8")
lines = [line.strip() for block in re.findall(r"^```cpp\n(.*?)^```", guide, re.M | re.S) for line in block.splitlines()]
strange = [line for line in lines if line and line not in examples]
for line in strange:
    print(f"docs/requests.md: no example has this line: {line}")
print(f"{len(lines)} lines of code, {len(strange)} of no example")
sys.exit(1 if strange or len(lines) < 10 else 0)
