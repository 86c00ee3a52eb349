"""export: real shells evaluate what it prints, and real readers what it writes."""

import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import time
import unittest

from support import ACCESS_KEY, PROGRAM, ROLE, SECRET_KEY, CliTest, register_secret

VARIABLES = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
             "AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID", "AWS_PROFILE"]
# Every byte but NUL that a shell could take for its own, and an end of line.
HOSTILE = "SECRETCANARY'\"\\$(touch pwned)`touch pwned`\n; touch pwned & | > pwned * ? [a] {a,b} ~ !! # %PATH% \t\\'\u2019"
SHELLS = [shell for shell in ("sh", "bash", "zsh", "fish") if shutil.which(shell)]


class Shells(CliTest):
    def evaluated(self, shell, *arguments, environment):
        """The variables that a program started by `shell` has after it evaluated the output."""
        command = " ".join([f"'{PROGRAM}' export", *arguments])
        shown = f"; '{shutil.which('env')}' -0"
        line = f"{command} --format fish | source{shown}" if shell == "fish" else f'eval "$({command})"{shown}'
        result = subprocess.run([shutil.which(shell), "-c", line], env=environment, capture_output=True, timeout=60,
                                cwd=self.home.name, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        got = dict(entry.split("=", 1) for entry in result.stdout.decode("utf-8", "surrogateescape").split("\0") if entry)
        self.assertFalse((pathlib.Path(self.home.name) / "pwned").exists())
        return {name: got[name] for name in VARIABLES if name in got}

    def test_role_credentials_arrive_with_token_and_expiration(self):
        for shell in SHELLS:
            with self.subTest(shell=shell):
                got = self.evaluated(shell, "--role-arn", ROLE, environment=self.environment(AWS_SECURITY_TOKEN="stale"))
                register_secret(got["AWS_SECRET_ACCESS_KEY"])
                register_secret(got["AWS_SESSION_TOKEN"])
                self.assertTrue(got["AWS_ACCESS_KEY_ID"].startswith("ASIA"))
                self.assertRegex(got["AWS_CREDENTIAL_EXPIRATION"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
                self.assertEqual(got["AWS_ACCOUNT_ID"], "123456789012")
                self.assertNotIn("AWS_SECURITY_TOKEN", got)

    def test_nothing_of_an_older_set_stays(self):
        config = pathlib.Path(self.home.name) / "keys"
        config.write_text(f"[profile p]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
        config.chmod(0o600)
        environment = self.environment(AWS_CONFIG_FILE=str(config), AWS_SESSION_TOKEN="SECRETCANARY-stale",
                                       AWS_CREDENTIAL_EXPIRATION="2020-01-01T00:00:00Z", AWS_ACCOUNT_ID="1",
                                       AWS_PROFILE="left-alone")
        for shell in SHELLS:
            with self.subTest(shell=shell):
                got = self.evaluated(shell, "--profile", "p", environment=environment)
                self.assertEqual(got, {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
                                       "AWS_PROFILE": "left-alone"})

    def test_hostile_values_arrive_as_they_are_and_run_nothing(self):
        environment = self.environment(AWS_ACCESS_KEY_ID="AKIA" + HOSTILE, AWS_SECRET_ACCESS_KEY="k" + HOSTILE,
                                       AWS_SESSION_TOKEN=HOSTILE, LC_ALL="C.UTF-8")  # else fish changes what it hands on
        for shell in SHELLS:
            with self.subTest(shell=shell):
                got = self.evaluated(shell, environment=environment)
                self.assertTrue(got["AWS_ACCESS_KEY_ID"] == "AKIA" + HOSTILE)
                self.assertTrue(got["AWS_SECRET_ACCESS_KEY"] == "k" + HOSTILE)
                self.assertTrue(got["AWS_SESSION_TOKEN"] == HOSTILE)

    def test_hostile_values_are_refused_where_they_cannot_be_written(self):
        environment = self.environment(AWS_SESSION_TOKEN=HOSTILE)
        for form in ("powershell", "env-file", "credentials-file"):
            result = self.run_program("export", "--format", form, environment=environment)
            self.assertEqual(result.stdout, "")
            self.assert_one_line(result.stderr)
            self.assertEqual(result.returncode, 1)
            self.assertTrue("SECRETCANARY" not in result.stderr)

    def test_json_and_env_file_hold_the_same_set(self):
        result = self.run_program("export", "--format", "json")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(json.loads(result.stdout), {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY})
        result = self.run_program("export", "--format", "env-file")
        self.assertEqual(result.stdout, f"AWS_ACCESS_KEY_ID={ACCESS_KEY}\nAWS_SECRET_ACCESS_KEY={SECRET_KEY}\n")

    def test_terminal_gets_a_warning(self):
        master, slave = os.openpty()
        result = self.run_program("export", stdout=slave, stderr=subprocess.PIPE)
        os.close(slave)
        os.close(master)
        self.assertEqual(result.returncode, 0)
        self.assertIn("warning: the secret key goes to this terminal", result.stderr)


class CredentialsFile(CliTest):
    def setUp(self):
        super().setUp()
        self.file = pathlib.Path(self.home.name) / "credentials"
        self.file.write_text("# mine\n[other]\naws_access_key_id = A\n\n[app]\nregion = us-east-1\n")

    def arguments(self, *more):
        return ["export", "--format", "credentials-file", "--credentials-file", str(self.file), "--write-profile", "app",
                "--role-arn", ROLE, *more]

    def reader_environment(self):
        return self.environment(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_CONFIG_FILE="/dev/null",
                                AWS_SHARED_CREDENTIALS_FILE=str(self.file), AWS_EC2_METADATA_DISABLED="true", AWS_PAGER="")

    def key_id(self):
        for line in self.file.read_text().splitlines():
            name, _, value = line.partition(" = ")
            if name in ("aws_secret_access_key", "aws_session_token"):
                register_secret(value)
            if name == "aws_access_key_id" and value != "A":
                return value
        return None

    def test_profile_is_written_and_the_rest_kept(self):
        result = self.run_program(*self.arguments())
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        text = self.file.read_text()
        self.key_id()
        self.assertTrue(text.startswith("# mine\n[other]\naws_access_key_id = A\n\n[app]\naws_access_key_id = ASIA"))
        self.assertTrue(text.endswith("Z\nregion = us-east-1\n"))
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)

    @unittest.skipUnless(os.access("/usr/bin/aws", os.X_OK), "awscli is not installed")
    def test_aws_cli_uses_the_profile(self):
        self.assertEqual(self.run_program(*self.arguments("--role-session-name", "from-file")).returncode, 0)
        result = subprocess.run(["/usr/bin/aws", "--profile", "app", "--endpoint-url", self.emulator.url, "sts",
                                 "get-caller-identity", "--output", "json"], capture_output=True, text=True, timeout=120,
                                env=self.reader_environment(), check=False)
        self.key_id()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(json.loads(result.stdout)["Arn"], "arn:aws:sts::123456789012:assumed-role/demo/from-file")

    def test_lasting_keys_and_the_source_itself_are_not_overwritten(self):
        self.file.write_text(f"[app]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
        self.file.chmod(0o600)
        before = self.file.read_text()
        result = self.run_program(*self.arguments())
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assert_one_line(result.stderr)
        self.assertIn("--write-profile: ", result.stderr)
        self.assertIn("--replace-lasting-keys", result.stderr)
        result = self.run_program("export", "--format", "credentials-file", "--write-profile", "app", "--profile", "app",
                                  "--replace-lasting-keys", environment=self.reader_environment())
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("--write-profile: 'app' is the profile", result.stderr)
        self.assertTrue(self.file.read_text() == before)

    def test_options_of_the_file_need_its_format(self):
        for option in (["--watch"], ["--write-profile", "a"], ["--credentials-file", "/f"], ["--replace-lasting-keys"]):
            result = self.run_program("export", *option)
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assertIn("needs --format credentials-file", result.stderr)
        self.assertEqual(self.run_program("export", "--format", "csh").returncode, 2)

    def watch(self, *more):
        program = subprocess.Popen([PROGRAM, *self.arguments("--watch", *more)], env=self.environment(),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   start_new_session=True)
        self.addCleanup(lambda: program.poll() is None and program.kill())
        return program

    def wait_for(self, condition, seconds=20):
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertTrue(condition())

    def test_watch_keeps_the_profile_fresh_and_stops_at_once(self):
        program = self.watch("--quiet", "--duration-seconds", "4")
        seen = set()
        self.wait_for(lambda: seen.add(self.key_id()) or len(seen - {None}) >= 3)
        start = time.monotonic()
        program.send_signal(signal.SIGTERM)
        out, said = program.communicate(timeout=20)
        self.assertLess(time.monotonic() - start, 1.0)
        self.assertEqual((program.returncode, out, said), (0, "", ""))
        self.assertIn("[other]\naws_access_key_id = A\n", self.file.read_text())

    def test_watch_keeps_the_last_set_through_failures_and_recovers(self):
        program = self.watch("--duration-seconds", "8", "--max-attempts", "1")
        self.wait_for(self.key_id)
        first = self.key_id()
        self.emulator.fault(kind="server_error", action="AssumeRole")
        time.sleep(5)
        self.assertEqual(self.key_id(), first)
        self.emulator.admin("DELETE", "faults")
        self.wait_for(lambda: self.key_id() != first)
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=20)
        self.assertEqual(program.returncode, 0)
        self.assertIn("warning: the refresh failed, the profile keeps its keys", said)

    def test_watch_that_cannot_begin_says_why(self):
        self.emulator.fault(kind="server_error", action="AssumeRole")
        result = self.run_program(*self.arguments("--watch", "--max-attempts", "1"))
        self.assertEqual(result.returncode, 3)
        self.assert_one_line(result.stderr)


if __name__ == "__main__":
    unittest.main()
