"""console against a sign-in endpoint of the test's own."""

import http.server
import json
import os
import subprocess
import threading
import unittest
import urllib.parse

from support import ROLE, SECRET_KEY, CliTest, register_secret

TOKEN = "SECRETCANARY-signin/+="


class SigninEndpoint(http.server.BaseHTTPRequestHandler):
    status = 200
    requests = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.requests.append((self.path, dict(urllib.parse.parse_qsl(body))))
        answer = json.dumps({"SigninToken": TOKEN}).encode() if self.status == 200 else b"<html>no</html>"
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Console(CliTest):
    def setUp(self):
        super().setUp()
        SigninEndpoint.status = 200
        SigninEndpoint.requests.clear()
        self.server = http.server.HTTPServer(("127.0.0.1", 0), SigninEndpoint)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/federation"

    def console(self, *arguments, **options):
        return self.run_program("console", "--signin-endpoint-url", self.url, "--max-attempts", "1", *arguments, **options)

    def test_role_gets_a_url_that_signs_in(self):
        result = self.console("--role-arn", ROLE, "--destination", "https://console.aws.amazon.com/s3/home",
                              "--issuer", "https://login.example.com/", "--session-duration", "1800", "-v")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(TOKEN not in result.stderr)
        self.assertEqual(result.stdout.count("\n"), 1)
        address, _, query = result.stdout.strip().partition("?")
        self.assertEqual(address, self.url)
        self.assertTrue(dict(urllib.parse.parse_qsl(query)) ==
                        {"Action": "login", "Destination": "https://console.aws.amazon.com/s3/home",
                         "Issuer": "https://login.example.com/", "SigninToken": TOKEN})
        path, form = SigninEndpoint.requests[0]
        session = json.loads(form.pop("Session"))
        register_secret(session["sessionKey"])
        register_secret(session["sessionToken"])
        self.assertEqual((path, form), ("/federation", {"Action": "getSigninToken", "SessionDuration": "1800"}))
        self.assertTrue(session["sessionId"].startswith("ASIA"))

    def test_keys_of_a_user_are_not_sent(self):
        result = self.console()
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assert_one_line(result.stderr)
        self.assertIn("name a role", result.stderr)
        self.assertEqual(SigninEndpoint.requests, [])

    def test_refusals_and_bad_options_have_their_codes(self):
        SigninEndpoint.status = 400
        result = self.console("--role-arn", ROLE, "--session-duration", "3600")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("SigninRefused", result.stderr)
        SigninEndpoint.status = 503
        self.assertEqual(self.console("--role-arn", ROLE).returncode, 3)
        for option, value in (("--session-duration", "60"), ("--session-duration", "1h"), ("--destination", "s3"),
                              ("--signin-endpoint-url", "http://signin.example/")):
            result = self.console("--role-arn", ROLE, option, value)
            self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
            self.assertIn(option, result.stderr)

    def test_terminal_gets_a_warning(self):
        master, slave = os.openpty()
        result = self.console("--role-arn", ROLE, stdout=slave, stderr=subprocess.PIPE)
        os.close(slave)
        os.close(master)
        self.assertEqual(result.returncode, 0)
        self.assertIn("warning: the URL goes to this terminal", result.stderr)
        self.assertTrue(SECRET_KEY not in result.stderr)


if __name__ == "__main__":
    unittest.main()
