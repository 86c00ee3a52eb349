"""The package passes mypy's strict checks, and so does a program that uses it."""

import subprocess
import sys
from pathlib import Path

import pytest

PYTHON = Path(__file__).parent.parent
PROGRAM = """
from aws_refresh_session import AssumeRoleConfig, BRSError, FrozenCredentials, Observation, RefreshableSession

session = RefreshableSession(assume_role_kwargs=AssumeRoleConfig(RoleArn="arn:aws:iam::123456789012:role/app"))
key: str = session.credentials["access_key"]
arn: str = session.whoami()["Arn"]
try:
    session.refresh_now(timeout=5)
except BRSError as error:
    code: str | None = error.code

class Mine(RefreshableSession):
    colour: int = 3

with Mine(method="env") as mine:
    colour: int = mine.colour
    observation: Observation = mine.observe(print)
    with observation as same:
        same.close()
"""


def mypy(*arguments: str) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(PYTHON / "pyproject.toml"), *arguments]
    done = subprocess.run(command, cwd=PYTHON, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def cache(tmp_path: Path) -> str:
    return f"--cache-dir={tmp_path / 'mypy'}"


def test_the_package_is_clean(cache: str) -> None:
    mypy(cache, "-p", "aws_refresh_session")


def test_a_program_is_clean(cache: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    mypy(cache, str(program))
