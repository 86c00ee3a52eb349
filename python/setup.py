"""Builds the extension module with CMake from the source tree that this directory is part of.

`pip install --no-build-isolation ./python` needs no network once scripts/install-dependencies has run.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent.parent
VERSION_HEADER = ROOT / "include" / "aws_refresh_session" / "version.hpp"

if not VERSION_HEADER.exists():
    raise SystemExit("aws-refresh-session: build the Python package from a whole source tree (pip install ./python).")


class FreshBuild(build):
    """Starts from nothing, but for what CMake keeps: a module that is gone must not live on in a wheel."""

    def run(self) -> None:
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class CMakeBuild(build_ext):
    """Lets CMake make the one extension, and nothing else of the tree."""

    def build_extension(self, ext: Extension) -> None:
        directory = Path(self.build_temp).resolve() / "cmake"
        target = Path(self.get_ext_fullpath(ext.name)).resolve()
        settings = {
            "CMAKE_BUILD_TYPE": "Release",
            "BUILD_SHARED_LIBS": "OFF",
            "Python_EXECUTABLE": sys.executable,
            "AWS_REFRESH_SESSION_BUILD_PYTHON": "ON",
            "AWS_REFRESH_SESSION_BUILD_CLI": "OFF",
            "AWS_REFRESH_SESSION_BUILD_TESTS": "OFF",
            "AWS_REFRESH_SESSION_BUILD_EXAMPLES": "OFF",
            "AWS_REFRESH_SESSION_BUILD_BENCH": "OFF",
            "AWS_REFRESH_SESSION_INSTALL": "OFF",
        }
        defines = [f"-D{name}={value}" for name, value in settings.items()]
        subprocess.run(["cmake", "-S", ROOT, "-B", directory, *defines], check=True)
        jobs = str(self.parallel or os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL") or os.cpu_count() or 1)
        subprocess.run(
            ["cmake", "--build", directory, "--target", "aws_refresh_session_python", "--parallel", jobs], check=True
        )
        (made,) = (directory / "python" / "aws_refresh_session").glob("_native*.so")
        target.parent.mkdir(parents=True, exist_ok=True)
        self.copy_file(str(made), str(target))


def version() -> str:
    found = re.search(r'kVersion = "([^"]+)"', VERSION_HEADER.read_text(encoding="utf-8"))
    assert found is not None
    return found.group(1)


setup(
    version=version(),
    ext_modules=[Extension("aws_refresh_session._native", sources=[])],
    cmdclass={"build": FreshBuild, "build_ext": CMakeBuild},
)
