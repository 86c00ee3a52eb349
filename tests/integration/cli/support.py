"""The program and an emulator to run it against."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request

PROGRAM = os.environ["ARS_PROGRAM"]
EMULATOR = os.environ["ARS_EMULATOR"]
ROLE = "arn:aws:iam::123456789012:role/demo"
ACCESS_KEY = "AKIASECRETCANARY0001"
SECRET_KEY = "SECRETCANARY/of-the-user+1"
# RFC 6238's own test seed.
MFA_SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def register_secret(secret):
    """Lets the search over everything that was printed find it."""
    path = os.environ.get("ARS_SECRETS_FILE")
    if path and secret:
        with open(path, "a", encoding="utf-8") as file:
            file.write(secret + "\n")


class EmulatorProcess:
    def __init__(self, *options):
        self.directory = tempfile.TemporaryDirectory()
        port_file = pathlib.Path(self.directory.name) / "port"
        self.process = subprocess.Popen(
            [EMULATOR, "--admin", "--port-file", port_file, "--access-key", ACCESS_KEY, "--secret", SECRET_KEY, *options],
            stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not (port_file.exists() and port_file.read_text().strip()):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError("the emulator does not start")
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{port_file.read_text().strip()}"

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.directory.cleanup()

    def admin(self, method, path, body=None):
        request = urllib.request.Request(f"{self.url}/_emulator/{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def fault(self, **fault):
        self.admin("POST", "faults", fault)

    def arrived(self, action):
        return sum(entry["action"] == action for entry in self.admin("GET", "log"))


class CliTest(unittest.TestCase):
    """One emulator a class, without faults at the start of each test."""

    emulator_options = ()

    @classmethod
    def setUpClass(cls):
        cls.emulator = EmulatorProcess(*cls.emulator_options)
        cls.home = tempfile.TemporaryDirectory()
        register_secret(SECRET_KEY)

    @classmethod
    def tearDownClass(cls):
        cls.emulator.close()
        cls.home.cleanup()

    def setUp(self):
        self.emulator.admin("DELETE", "faults")

    def environment(self, **more):
        """Nothing of the machine's own settings but the path."""
        environment = {
            "PATH": os.environ["PATH"], "HOME": self.home.name, "TERM": "xterm", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_ENDPOINT_URL_STS": self.emulator.url, "AWS_REFRESH_SESSION_CACHE": "off", **more}
        for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        return {name: value for name, value in environment.items() if value is not None}

    def run_program(self, *arguments, environment=None, **options):
        options.setdefault("timeout", 60)
        result = subprocess.run([PROGRAM, *arguments], capture_output="stdout" not in options, text=True,
                                stdin=subprocess.DEVNULL, env=self.environment() if environment is None else environment,
                                start_new_session=True, **options)
        return result

    def process(self, *arguments, **options):
        """`process` with its JSON read and its secrets registered."""
        result = self.run_program("process", *arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        answer = json.loads(result.stdout)
        register_secret(answer["SecretAccessKey"])
        register_secret(answer.get("SessionToken"))
        return answer, result.stderr

    def assert_one_line(self, text):
        self.assertEqual(text.count("\n"), 1, text)
        self.assertTrue(text.startswith("aws-refresh-session: "), text)
