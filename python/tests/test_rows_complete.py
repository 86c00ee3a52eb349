"""Every row that the package promises has a test that carries its number."""

import re
from pathlib import Path


def test_rows_1_to_35_have_tests() -> None:
    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_rows_*.py")]
    rows = {int(row) for text in texts for row in re.findall(r"^def test_row(\d+)_", text, re.MULTILINE)}
    assert rows == set(range(1, 36))
