"""run_cli_cases must skip, with the reason, where the machine does not let it make a network of its own."""

import os
import pathlib
import subprocess
import tempfile
import unittest

RUNNER = pathlib.Path(__file__).resolve().parents[1] / "cases" / "run_cli_cases"
SKIPPED = 77
REFUSES = 'echo "$0: Operation not permitted" >&2; exit 1'


class CliCasesSkip(unittest.TestCase):
    def run_with(self, **tools):
        """With these shell scripts in place of the tools."""
        with tempfile.TemporaryDirectory() as directory:
            for name, script in tools.items():
                path = pathlib.Path(directory) / name
                path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
                path.chmod(0o700)
            environment = {**os.environ, "PATH": f"{directory}:{os.environ['PATH']}"}
            return subprocess.run([RUNNER, "/bin/true", "environment"], env=environment, capture_output=True, text=True,
                                  check=False, timeout=50)

    def assert_skipped(self, result, reason):
        self.assertEqual(result.returncode, SKIPPED, result.stdout + result.stderr)
        self.assertTrue(result.stdout.startswith("skipped: "), result.stdout)
        self.assertIn(reason, result.stdout)
        self.assertEqual(result.stdout.count("\n"), 1, result.stdout)

    def require_namespaces(self):
        if subprocess.run(["unshare", "-rmn", "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("this machine allows no private namespace")

    def test_namespace_that_is_refused(self):
        self.assert_skipped(self.run_with(unshare=REFUSES), "unshare: Operation not permitted")

    def test_namespace_that_is_none(self):
        # The other two: should the check not be there, nothing of this machine's is touched.
        result = self.run_with(unshare='shift; exec "$@"', ip=REFUSES, mount=REFUSES)
        self.assert_skipped(result, "no private network and mount namespace")

    def test_namespace_without_power_over_its_network(self):
        self.require_namespaces()
        self.assert_skipped(self.run_with(ip=REFUSES), "ip: Operation not permitted")

    def test_namespace_without_power_over_its_mounts(self):
        self.require_namespaces()
        self.assert_skipped(self.run_with(mount=REFUSES), "mount: Operation not permitted")


if __name__ == "__main__":
    unittest.main()
