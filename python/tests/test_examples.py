"""The examples run and print what they say they do."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"

EXPECTED = {
    # First: the code that the emulator gave is good for half a minute.
    "mfa.py": r"arn:aws:sts::123456789012:assumed-role/guarded/\S+\n",
    "assume_role.py": r"arn:aws:sts::123456789012:assumed-role/demo/reporting\nfresh until 20\d\d-.*Z\n",
    "custom_callable.py": r"\{'method': 'custom', 'source': 'vault'\}\nASIAEXAMPLE\d+\n",
    "role_chaining.py": r"arn:aws:sts::123456789012:assumed-role/chained/\S+\n",
    "observer.py": r"attempt\nsuccess\n",
    "client_cache.py": r"True\n1 of 10: 'sts'\n",
    "errors.py": r"AccessDenied 403 non_recoverable\n",
}


def test_every_example_is_checked() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_example(emulator: SimpleNamespace, name: str) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name)], capture_output=True, text=True, timeout=60, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(EXPECTED[name], done.stdout), done.stdout
