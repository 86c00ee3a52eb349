"""`pip install ./python` without a network, into an environment of its own."""

import subprocess
import sys
from pathlib import Path

PYTHON = Path(__file__).parent.parent

USE = """
import importlib.metadata, pathlib, aws_refresh_session as ars
assert pathlib.Path(ars.__file__).is_relative_to(PREFIX), ars.__file__
assert importlib.metadata.version("aws-refresh-session") == ars.__version__
assert (pathlib.Path(ars.__file__).parent / "py.typed").exists()
assert (pathlib.Path(ars.__file__).parent / "_native.pyi").exists()
print(ars.RefreshableSession(assume_role_kwargs={"RoleArn": "arn:aws:iam::123456789012:role/app"}))
"""

READ = """
import datetime, timeit, botocore.credentials, aws_refresh_session as ars
end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=5)
made = dict(access_key="A", secret_key="S", token="T", expiry_time=end)
ours = ars.RefreshableSession(method="custom", custom_credentials_method=lambda: made).get_credentials()
theirs = botocore.credentials.RefreshableCredentials("A", "S", "T", end, None, "test")
costs = []
for credentials in (ours, theirs):
    credentials.get_frozen_credentials()
    costs.append(min(timeit.repeat(credentials.get_frozen_credentials, number=5000, repeat=9)) / 5000 * 1e9)
print("%.0f %.0f" % tuple(costs))
"""


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_pip_installs_a_working_package(tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    run(sys.executable, "-m", "venv", "--system-site-packages", str(environment), cwd=tmp_path)
    python = str(environment / "bin" / "python")
    run(python, "-m", "pip", "install", "--no-index", "--no-build-isolation", str(PYTHON), cwd=tmp_path)
    # -I: nothing of this run's PYTHONPATH.
    printed = run(python, "-I", "-c", USE.replace("PREFIX", repr(str(environment))), cwd=tmp_path)
    assert printed == "<RefreshableSession method='sts'>\n"
    ours, theirs = map(float, run(python, "-I", "-c", READ, cwd=tmp_path).split())
    print(f"\nfrozen read: {ours} ns, botocore's {theirs} ns")
    assert ours * 10 < theirs
