"""What the tests of the extension module open sessions on."""

import collections
import datetime
import os
import subprocess
import sys
import threading

from aws_refresh_session import _native

# What a program's credentials look like; SECRETCANARY marks what no output may show.
Frozen = collections.namedtuple("Frozen", "access_key secret_key token")


def in_seconds(seconds):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)


def answer(number=1, lifetime=3600.0):
    """A set whose three fields belong together."""
    return {
        "access_key": f"AKIA{number}",
        "secret_key": f"SECRETCANARY-secret-{number}",
        "token": f"SECRETCANARY-token-{number}",
        "expiry_time": in_seconds(lifetime),
    }


class Source:
    """A callable that counts its calls, can be slow, and can fail."""

    def __init__(self, lifetime=3600.0):
        self.lifetime = lifetime
        self.calls = 0
        self.delay = 0.0
        self.error = None
        self._lock = threading.Lock()
        self._wake = threading.Event()

    def __call__(self):
        with self._lock:
            self.calls += 1
            number = self.calls
        if self.delay:
            self._wake.wait(self.delay)
        if self.error is not None:
            raise self.error
        return answer(number, self.lifetime)

    def release(self):
        self._wake.set()


def open_custom(method, session=None, frozen_type=Frozen, **options):
    return _native.Session.open("custom", {"method": method, **options}, session or {}, frozen_type)


def run(script, *, timeout=30, environment=None):
    """A script in a process of its own: (exit code, standard output, standard error)."""
    prelude = (
        f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r})\n"
        "from native_sources import *\n"
        "from aws_refresh_session import _native, exceptions\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", prelude + script],
        capture_output=True, text=True, timeout=timeout, env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout, done.stderr
