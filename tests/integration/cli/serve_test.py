"""`serve` as its users run it: real clients, systemd's protocols, its end."""

import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from support import PROGRAM, ROLE, CliTest, register_secret

CLIENT = r"""
import json, sys, time
import boto3
session = boto3.session.Session(region_name="us-east-1")
client = session.client("sts", endpoint_url=sys.argv[1])
seen = set()
end = time.monotonic() + float(sys.argv[2])
while True:
    arn = client.get_caller_identity()["Arn"]
    seen.add(session.get_credentials().get_frozen_credentials().access_key)
    if time.monotonic() >= end:
        break
    time.sleep(0.05)
print(json.dumps({"arn": arn, "sets": len(seen)}))
"""


class Serving:
    """A running `serve --json` and what it said."""

    def __init__(self, test, *arguments, environment=None, json_output=True, **options):
        extra = ["--json"] if json_output else []
        self.process = subprocess.Popen([PROGRAM, "serve", *extra, *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
                                        env=test.environment() if environment is None else environment, **options)
        test.addCleanup(self.close)
        self.output = self.process.stdout.read()
        if json_output and self.output:
            self.settings = json.loads(self.output)
            self.token_file = self.settings["TokenFile"]
            self.token = pathlib.Path(self.token_file).read_text() if self.token_file else self.settings["Token"]
            register_secret(self.token)

    def get(self, role="default", **headers):
        return self.ask(self.settings["Roles"][role], **headers)

    def ask(self, url, **headers):
        headers.setdefault("Authorization", self.token)
        request = urllib.request.Request(url, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
        self.process.stdout.close()
        self.process.stderr.close()


class Serve(CliTest):
    def client_environment(self, **more):
        return self.environment(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_SHARED_CREDENTIALS_FILE="/dev/null",
                                AWS_CONFIG_FILE="/dev/null", AWS_PAGER="", **more)

    def of_settings(self, serving):
        """Debian's botocore reads no token file."""
        return self.client_environment(AWS_CONTAINER_CREDENTIALS_FULL_URI=next(iter(serving.settings["Roles"].values())),
                                       AWS_CONTAINER_AUTHORIZATION_TOKEN=serving.token, AWS_EC2_METADATA_DISABLED="true")

    def boto3(self, environment, seconds=0.0):
        result = subprocess.run(["/usr/bin/python3", "-c", CLIENT, self.emulator.url, str(seconds)], env=environment,
                                capture_output=True, text=True, timeout=120, check=False)
        if "No module named 'boto3'" in result.stderr:
            self.skipTest("python3-boto3 is not installed")
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def test_answer_is_what_clients_read(self):
        serving = Serving(self, "--role-arn", ROLE)
        status, body = serving.get()
        self.assertEqual(status, 200)
        answer = json.loads(body)
        register_secret(answer["SecretAccessKey"])
        register_secret(answer["Token"])
        self.assertRegex(answer["Expiration"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(answer["RoleArn"], ROLE)
        self.assertTrue(answer["AccessKeyId"] and answer["SecretAccessKey"] and answer["Token"])
        for wrong in (serving.token + "x", serving.token[:-1], "", "Bearer " + serving.token):
            self.assertEqual(serving.get(Authorization=wrong)[0], 401)
        self.assertEqual(serving.get(Host="evil.example")[0], 403)

    def test_token_file_is_private_bare_and_goes_at_the_end(self):
        path = pathlib.Path(self.home.name) / "token"
        serving = Serving(self, "--token-file", str(path))
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertFalse(path.read_bytes().endswith(b"\n"))
        serving.process.send_signal(signal.SIGTERM)
        self.assertEqual(serving.process.wait(10), 0)
        self.assertFalse(path.exists())
        self.assertEqual(serving.process.stderr.read(), "")

    def test_interrupt_ends_it_well(self):
        serving = Serving(self)
        serving.process.send_signal(signal.SIGINT)
        self.assertEqual(serving.process.wait(10), 0)

    def test_settings_are_for_a_shell(self):
        serving = Serving(self, "--role-arn", ROLE, "--imds", json_output=False)
        script = serving.output + 'echo "$AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_EC2_METADATA_SERVICE_ENDPOINT"; ' \
            'test -s "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"'
        result = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
        self.assertRegex(result.stdout, r"^http://127\.0\.0\.1:\d+/role/default http://127\.0\.0\.1:\d+\n$")

    def test_token_itself_is_printed_on_demand(self):
        serving = Serving(self, "--print-token")
        self.assertEqual(serving.token_file, "")
        self.assertEqual(serving.get()[0], 200)

    def test_token_may_be_given(self):
        path = pathlib.Path(self.home.name) / "given"
        path.write_text("SECRETCANARY-given-token-of-mine\n")
        serving = Serving(self, "--token-from", str(path), "--print-token")
        self.assertTrue(serving.token == "SECRETCANARY-given-token-of-mine")

    def test_roles_have_their_paths(self):
        config = pathlib.Path(self.home.name) / "config"
        config.write_text(f"[profile one]\nrole_arn = {ROLE}\ncredential_source = Environment\n")
        serving = Serving(self, "--role", "one=one", "--role", f"two={ROLE}",
                          environment=self.environment(AWS_CONFIG_FILE=str(config)))
        self.assertEqual(set(serving.settings["Roles"]), {"one", "two"})
        for role in ("one", "two"):
            status, body = serving.get(role)
            self.assertEqual(status, 200, body if status != 200 else "")

    def test_failing_source_is_said_and_nothing_empty_is_served(self):
        serving = Serving(self, "--role-arn", ROLE + "-none")
        begun = time.monotonic()
        status, body = serving.get()
        self.assertLess(time.monotonic() - begun, 1.5)
        self.assertEqual(status, 503)
        self.assertEqual(json.loads(body)["code"], "AccessDenied")
        self.assertEqual(serving.ask(serving.settings["Endpoint"] + "/healthz")[0], 503)

    def test_metrics_and_health(self):
        serving = Serving(self, "--role-arn", ROLE)
        self.assertEqual(serving.get()[0], 200)
        status, body = serving.ask(serving.settings["Endpoint"] + "/metrics", Authorization="Bearer " + serving.token)
        self.assertEqual(status, 200)
        self.assertIn('aws_refresh_session_requests_total{outcome="ok"} 1\n', body)
        self.assertEqual(serving.ask(serving.settings["Endpoint"] + "/metrics", Authorization="")[0], 401)
        self.assertEqual(serving.ask(serving.settings["Endpoint"] + "/healthz", Authorization=""), (200, '{"status":"ok"}'))

    def test_unix_socket(self):
        path = str(pathlib.Path(self.home.name) / "sock")
        serving = Serving(self, "--unix-socket", path, "--role-arn", ROLE)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(f"GET /role/default HTTP/1.1\r\nHost: x\r\nAuthorization: {serving.token}\r\n\r\n".encode())
            self.assertTrue(client.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n"))
        serving.close()
        self.assertFalse(os.path.exists(path))

    def test_socket_activation_and_notification(self):
        notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(notified.close)
        path = str(pathlib.Path(self.home.name) / "notify")
        notified.bind(path)
        notified.settimeout(20)
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)
        port = listening.getsockname()[1]
        # The shell gives the process the descriptor 3, and LISTEN_PID must be the program's own.
        script = f'exec 3<&{listening.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" serve --json'
        process = subprocess.Popen(["/bin/bash", "-c", script, PROGRAM], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   text=True, pass_fds=[listening.fileno()], env=self.environment(NOTIFY_SOCKET=path))
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, 10)
        self.addCleanup(process.kill)
        settings = json.loads(process.stdout.read())
        register_secret(pathlib.Path(settings["TokenFile"]).read_text())
        self.assertEqual(settings["Endpoint"], f"http://127.0.0.1:{port}")
        self.assertTrue(notified.recv(4096).startswith(b"READY=1\n"))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(notified.recv(4096), b"STOPPING=1")
        self.assertEqual(process.wait(10), 0)

    def test_memory_is_private(self):
        serving = Serving(self)
        status = pathlib.Path(f"/proc/{serving.process.pid}/limits").read_text()
        self.assertRegex(status, r"Max core file size\s+0\s+0")
        if os.geteuid() != 0:
            with self.assertRaises(PermissionError):
                open(f"/proc/{serving.process.pid}/mem", "rb")

    def test_wrong_lines_are_refused(self):
        for arguments, said in (
                (["--role", "x"], "--role: write NAME=PROFILE"),
                (["--role", "a/b=dev"], "must be 1 to 64 of the characters"),
                (["--role", "a=dev", "--role-arn", ROLE], "--role: cannot be combined with --role-arn"),
                (["--address", "0.0.0.0"], "loopback"),
                (["--port", "70000"], "--port"),
                (["--port", "1", "--unix-socket", "/x"], "--unix-socket: cannot be combined"),
                (["--token-from", "/nonexistent"], "--token-from")):
            result = self.run_program("serve", *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(said, result.stderr)
            self.assert_one_line(result.stderr)
        result = self.run_program("serve", "--token-file", "/nonexistent/token")
        self.assertEqual(result.returncode, 1)
        self.assertIn("/nonexistent/token", result.stderr)

    def test_boto3_lives_across_expiries(self):
        serving = Serving(self, "--role-arn", ROLE, "--duration-seconds", "3", "--quiet")
        result = self.boto3(self.of_settings(serving), 7)
        self.assertIn("assumed-role/demo/", result["arn"])
        self.assertGreater(result["sets"], 2)

    @unittest.skipUnless(os.access("/usr/bin/aws", os.X_OK), "awscli is not installed")
    def test_aws_cli_takes_the_credentials(self):
        serving = Serving(self, "--role-arn", ROLE)
        result = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.emulator.url, "sts", "get-caller-identity"],
                                capture_output=True, text=True, env=self.of_settings(serving), timeout=120, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("assumed-role/demo/", json.loads(result.stdout)["Arn"])

    def test_boto3_takes_it_for_the_metadata_service(self):
        serving = Serving(self, "--role-arn", ROLE, "--imds")
        environment = self.client_environment(AWS_EC2_METADATA_SERVICE_ENDPOINT=serving.settings["Endpoint"])
        self.assertIn("assumed-role/demo/", self.boto3(environment)["arn"])

    def test_this_program_takes_the_credentials(self):
        serving = Serving(self, "--role-arn", ROLE)
        environment = self.client_environment(
            AWS_CONTAINER_CREDENTIALS_FULL_URI=serving.settings["Roles"]["default"],
            AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=serving.token_file, AWS_EC2_METADATA_DISABLED="true")
        result = self.run_program("whoami", "--json", environment=environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("assumed-role/demo/", json.loads(result.stdout)["Arn"])


if __name__ == "__main__":
    unittest.main()
