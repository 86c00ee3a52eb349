"""doctor: nothing is said of what is right, and each fault is found with its cure."""

import http.server
import json
import pathlib
import threading
import time
import unittest
from email.utils import formatdate

from support import ACCESS_KEY, ROLE, SECRET_KEY, CliTest


class Doctor(CliTest):
    def setUp(self):
        super().setUp()
        self.config = pathlib.Path(self.home.name) / ".aws" / "config"
        self.credentials = self.config.parent / "credentials"
        self.config.parent.mkdir(mode=0o700, exist_ok=True)
        self.config.write_text("")
        self.credentials.write_text(f"[keys]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
        self.credentials.chmod(0o600)

    def problems(self, *arguments, **environment):
        environment.setdefault("AWS_EC2_METADATA_DISABLED", "true")
        result = self.run_program("doctor", "--json", "--max-attempts", "1", *arguments, environment=self.environment(**environment))
        self.assertTrue(SECRET_KEY not in result.stdout + result.stderr)
        self.assertEqual(result.stderr, "")
        answer = json.loads(result.stdout)
        problems = [finding for finding in answer["Findings"] if finding["Problem"]]
        self.assertEqual(answer["Problems"], len(problems))
        self.assertEqual(result.returncode, 4 if problems else 0)
        for finding in problems:
            self.assertTrue(finding["Cure"], finding)
        return problems

    def the_problem(self, *arguments, **environment):
        problems = self.problems(*arguments, **environment)
        self.assertEqual(len(problems), 1, problems)
        return problems[0]

    def test_nothing_is_wrong(self):
        self.assertEqual(self.problems(), [])
        self.assertEqual(self.problems("--role-arn", ROLE), [])
        result = self.run_program("doctor")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for check, text in (("source", "environment: "), ("identity", "arn:aws:iam::123456789012:user/emulator"),
                            ("clock", "right to within"), ("endpoint", self.emulator.url)):
            self.assertRegex(result.stdout, rf"(?m)^ok +{check} +.*{text}")
        self.assertNotIn("PROBLEM", result.stdout)

    def test_faults_of_the_files(self):
        cases = [
            ("[profile a\n", "files", r"config:1"),
            ("[profile a]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = b\n[profile b]\nrole_arn = x\nsource_profile = a\n",
             "profile", "never ends"),
            ("[profile a]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = none\n", "profile", r"does not exist.*config:3"),
            ("[profile a]\nsource_profil = b\n", "profile", r"config:2: nobody reads the key source_profil"),
            ("[profle a]\nregion = x\n", "warning", r"config:1"),
        ]
        for text, check, pattern in cases:
            with self.subTest(text=text):
                self.config.write_text(text)
                problems = self.problems()
                self.assertIn(check, [finding["Check"] for finding in problems])
                self.assertRegex(" ".join(finding["Text"] for finding in problems), pattern)

    def test_file_that_others_can_read(self):
        self.credentials.chmod(0o644)
        found = self.the_problem()
        self.assertEqual(found["Check"], "modes")
        self.assertEqual(found["Cure"], f"chmod 600 '{self.credentials}'")

    def test_variables_that_contradict_each_other(self):
        self.assertEqual(self.the_problem(AWS_SECURITY_TOKEN="SECRETCANARY")["Check"], "environment")
        checks = [finding["Check"] for finding in self.problems(AWS_SECRET_ACCESS_KEY=None)]
        self.assertEqual(checks, ["environment", "source"])

    def test_profile_that_does_not_exist(self):
        checks = [finding["Check"] for finding in self.problems("--profile", "none")]
        self.assertEqual(checks, ["profile", "source"])

    def test_endpoint_that_does_not_answer(self):
        checks = [finding["Check"] for finding in self.problems("--endpoint-url", "http://127.0.0.1:1")]
        self.assertEqual(checks, ["endpoint", "source"])

    def test_keys_that_are_refused(self):
        self.assertEqual(self.the_problem(AWS_SECRET_ACCESS_KEY="SECRETCANARY-wrong")["Check"], "source")

    def test_clock_that_is_wrong(self):
        class Late(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response_only(302)
                self.send_header("Date", formatdate(time.time() + 3600, usegmt=True))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Late)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        problems = self.problems("--endpoint-url", f"http://127.0.0.1:{server.server_address[1]}")
        found = [finding for finding in problems if finding["Check"] == "clock"]
        self.assertRegex(found[0]["Text"], r"3(600|599|601) s behind")


if __name__ == "__main__":
    unittest.main()
