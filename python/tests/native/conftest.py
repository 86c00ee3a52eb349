"""Tests of the extension module alone.

Run: PYTHONPATH=build/dev/python /usr/bin/python3 -m pytest python/tests/native
"""

import pytest
from native_sources import Source


@pytest.fixture
def source():
    made = Source()
    yield made
    made.release()
