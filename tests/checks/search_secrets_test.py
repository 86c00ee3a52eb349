"""search-secrets must find a secret in each form a program could print it in, and nothing else."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "search-secrets"
CANARY = "SECRET" + "CANARY"  # in two halves: this file's own output is searched, too
SECRETS = ["ab/cd+ef==<x>\"q", "271828", "plain-token"]


def search(text, secrets=tuple(SECRETS)):
    with tempfile.TemporaryDirectory() as folder:
        logs = pathlib.Path(folder, "logs", "deep")
        logs.mkdir(parents=True)
        (logs / "run.log").write_text("first line\n" + text + "\n", encoding="utf-8")
        file = pathlib.Path(folder, "secrets")
        file.write_text("\n".join(secrets) + "\n", encoding="utf-8")
        return subprocess.run([sys.executable, SCRIPT, file, logs.parent], capture_output=True, text=True, check=False)


class SearchSecrets(unittest.TestCase):
    def test_finds_each_form_and_names_the_line_without_the_secret(self):
        for text in [
            "token=plain-token;", "ab/cd+ef==<x>\"q", "ab%2Fcd%2Bef%3D%3D%3Cx%3E%22q", "ab/cd%2Bef%3D%3D%3Cx%3E%22q",
            '"ab/cd+ef==<x>\\"q"', "ab/cd+ef==&lt;x&gt;&quot;q", "code 271828.", "key " + CANARY + "/alice", CANARY.lower(),
        ]:
            with self.subTest(text):
                result = search(text)
                self.assertEqual(result.returncode, 1, result.stdout)
                self.assertIn("run.log:2: ", result.stdout)
                self.assertNotIn("plain-token", result.stdout)
                self.assertNotIn("271828", result.stdout)

    def test_takes_clean_output(self):
        for text in ["token=***", "1271828 2718281 0.271828", "plain token", ""]:
            with self.subTest(text):
                result = search(text)
                self.assertEqual(result.returncode, 0, result.stdout)

    def test_a_missing_log_is_an_error(self):
        result = subprocess.run([sys.executable, SCRIPT, "none", "no-such-log"], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 1)


unittest.main()
