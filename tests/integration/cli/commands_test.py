"""whoami, process, completion and every exit code, run as a person and as a shell run them."""

import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

from support import ACCESS_KEY, PROGRAM, ROLE, SECRET_KEY, CliTest


class Whoami(CliTest):
    def test_environment_keys_give_their_owner(self):
        result = self.run_program("whoami")
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = dict(line.split(None, 1) for line in result.stdout.splitlines())
        self.assertEqual(lines["arn"], "arn:aws:iam::123456789012:user/emulator")
        self.assertEqual(lines["account"], "123456789012")
        self.assertEqual(sorted(lines), ["account", "arn", "user_id"])
        self.assertEqual(result.stderr, "")

    def test_role_gives_the_assumed_identity_as_json(self):
        import json
        result = self.run_program("whoami", "--json", "--role-arn", ROLE, "--role-session-name", "ann")
        self.assertEqual(result.returncode, 0, result.stderr)
        answer = json.loads(result.stdout)
        self.assertEqual(answer["Arn"], "arn:aws:sts::123456789012:assumed-role/demo/ann")
        self.assertEqual(sorted(answer), ["Account", "Arn", "UserId"])

    def test_endpoint_option_wins_over_the_environment(self):
        environment = self.environment(AWS_ENDPOINT_URL_STS="http://127.0.0.1:1")
        result = self.run_program("whoami", "--endpoint-url", self.emulator.url, environment=environment)
        self.assertEqual(result.returncode, 0, result.stderr)


    def write_profile(self, text):
        directory = os.path.join(self.home.name, ".aws")
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, "config"), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(file.name, 0o600)

    def without_keys(self, **more):
        environment = self.environment(**more)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.pop(name, None)
        environment["AWS_EC2_METADATA_DISABLED"] = "true"
        environment["HOME"] = self.home.name
        return environment

    def test_explain_names_the_source_the_region_and_the_endpoint(self):
        import json
        self.write_profile("[profile p]\naws_access_key_id = " + ACCESS_KEY + "\naws_secret_access_key = " + SECRET_KEY +
                           "\n[profile r]\nrole_arn = " + ROLE + "\nsource_profile = p\nregion = eu-north-1\n")
        environment = self.without_keys(AWS_REGION="")
        text = self.run_program("whoami", "--explain", "--profile", "r", environment=environment)
        self.assertEqual(text.returncode, 0, text.stderr)
        self.assertRegex(text.stdout, r"(?m)^role_profile +answered +ASIA.*role .* of profile r, from profile p \(static keys\)$")
        self.assertRegex(text.stdout, r"(?m)^region +eu-north-1 \(.*/config:7\)$")
        self.assertNotIn(SECRET_KEY, text.stdout + text.stderr)
        result = self.run_program("whoami", "--explain", "--json", "--profile", "r", environment=environment)
        answer = json.loads(result.stdout)
        self.assertEqual(answer["Sources"]["role_profile"]["Outcome"], "answered")
        self.assertEqual(answer["Sources"]["container"]["Outcome"], "not asked")
        self.assertEqual(answer["Region"]["Value"], "eu-north-1")
        self.assertEqual(answer["Endpoint"]["Origin"], "AWS_ENDPOINT_URL_STS")
        self.assertTrue(answer["Arn"].startswith("arn:aws:sts::"))

    def test_explain_is_printed_when_nothing_was_found_or_the_settings_are_wrong(self):
        result = self.run_program("whoami", "--explain", environment=self.without_keys())
        self.assertEqual(result.returncode, 1)
        for source in ("environment", "role_profile", "web_identity", "profile", "container", "imds"):
            self.assertRegex(result.stdout, rf"(?m)^{source} +not configured ")
        self.assertIn("NoCredentials", result.stderr)
        result = self.run_program("whoami", "--explain", environment=self.without_keys(AWS_USE_FIPS_ENDPOINT="perhaps"))
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"(?m)^settings +.*AWS_USE_FIPS_ENDPOINT|^settings .*InvalidSetting")


class Process(CliTest):
    def test_role_credentials_have_every_field(self):
        answer, said = self.process("--role-arn", ROLE, "--duration-seconds", "900")
        self.assertEqual(sorted(answer), ["AccessKeyId", "AccountId", "Expiration", "SecretAccessKey", "SessionToken", "Version"])
        self.assertEqual(answer["Version"], 1)
        left = time.mktime(time.strptime(answer["Expiration"], "%Y-%m-%dT%H:%M:%SZ")) - time.mktime(time.gmtime())
        self.assertTrue(880 <= left <= 901, left)
        self.assertEqual(said, "")

    def test_keys_that_do_not_end_have_no_expiration(self):
        answer, _ = self.process()
        self.assertEqual(sorted(answer), ["AccessKeyId", "SecretAccessKey", "Version"])

    def test_failure_prints_the_reason_and_nothing_else(self):
        result = self.run_program("process", "--role-arn", ROLE + "-none")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, "")
        self.assert_one_line(result.stderr)
        self.assertIn("AccessDenied", result.stderr)

    def test_environment_set_that_has_ended_is_refused(self):
        environment = self.environment(AWS_SESSION_TOKEN="SECRETCANARY-token", AWS_CREDENTIAL_EXPIRATION="2020-01-01T00:00:00Z")
        result = self.run_program("process", environment=environment)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assert_one_line(result.stderr)


class ExitCodes(CliTest):
    def test_each_kind_of_failure_has_its_code_and_one_line(self):
        cases = [
            (1, ["whoami", "--role-arn", ROLE + "-none"], {}),
            (1, ["whoami"], {"AWS_ACCESS_KEY_ID": None}),
            (1, ["whoami"], {"AWS_SECRET_ACCESS_KEY": "SECRETCANARY-wrong"}),
            (2, [], {}),
            (2, ["whoami", "--regoin", "x"], {}),
            (2, ["whoami", "--role-arn", "x"], {}),
            (2, ["whoami", "--role-arn", ROLE, "--duration-seconds", "12x"], {}),
            (2, ["whoami", "--role-arn", ROLE, "--policy", "file:///no/such/file"], {}),
            (2, ["whoami", "--role-arn", ROLE, "--serial-number", "arn:aws:iam::123456789012:mfa/me"], {}),
            (2, ["whoami", "--role-arn", ROLE, "--token-code", "123456"], {}),
            (2, ["whoami", "--method", "unheard"], {}),
            (2, ["demo", "--seconds", "1"], {}),
            (2, ["demo", "--mandatory-window", "3s", "--advisory-window", "1s"], {}),
            (2, ["completion"], {}),
            (2, ["completion", "tcsh"], {}),
            (3, ["whoami", "--endpoint-url", "http://127.0.0.1:1", "--max-attempts", "1"], {}),
        ]
        for code, arguments, environment in cases:
            with self.subTest(arguments=arguments):
                result = self.run_program(*arguments, environment=self.environment(**environment))
                self.assertEqual(result.returncode, code, result.stderr)
                self.assertEqual(result.stdout, "")
                self.assert_one_line(result.stderr)
                self.assertNotIn("SECRETCANARY", result.stderr)

    def test_service_that_fails_is_worth_another_try(self):
        for fault in ({"kind": "server_error"}, {"kind": "throttling"}, {"kind": "reset"}):
            with self.subTest(fault=fault):
                self.emulator.admin("DELETE", "faults")
                self.emulator.fault(**fault)
                result = self.run_program("process", "--role-arn", ROLE, "--max-attempts", "1")
                self.assertEqual((result.returncode, result.stdout), (3, ""), result.stderr)

    def test_output_that_cannot_be_written_is_said(self):
        with open("/dev/full", "wb") as full:
            result = self.run_program("process", stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, 5)
        self.assert_one_line(result.stderr)

    def test_reader_that_went_away_ends_it_without_a_word(self):
        for arguments in (["process"], ["--help"], ["completion", "bash"]):
            reader, writer = os.pipe()
            os.close(reader)
            result = self.run_program(*arguments, stdout=writer, stderr=subprocess.PIPE)
            os.close(writer)
            self.assertEqual((result.returncode, result.stderr), (141, ""), arguments)

    def test_closed_standard_streams_leak_nothing_into_sockets(self):
        result = subprocess.run(["sh", "-c", 'exec "$0" process --role-arn "$1" <&- >&- 2>&-', PROGRAM, ROLE], timeout=60,
                                env=self.environment(), check=False)
        self.assertEqual(result.returncode, 5)
        self.assertEqual(self.emulator.arrived("Other"), 0)


class Interrupted(CliTest):
    def start_hanging(self, *arguments):
        self.emulator.fault(kind="hang")
        before = self.emulator.arrived("AssumeRole")
        program = subprocess.Popen([PROGRAM, *arguments], env=self.environment(), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, start_new_session=True)
        # A request that hangs is logged at its end only: wait for its connection.
        deadline = time.monotonic() + 20
        while self.emulator.admin("GET", "counters")["connections"] <= before and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        return program

    def test_signals_end_a_hanging_call_at_once(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            program = self.start_hanging("process", "--role-arn", ROLE)
            start = time.monotonic()
            program.send_signal(number)
            out, said = program.communicate(timeout=20)
            self.assertLess(time.monotonic() - start, 1.0)
            self.assertEqual((program.returncode, out, said), (code, "", ""))

    def test_running_program_shows_no_code_and_can_leave_no_core(self):
        program = self.start_hanging("whoami", "--role-arn", ROLE, "--serial-number", "arn:aws:iam::123456789012:mfa/me",
                                     "--token-code", "918273")
        shown = pathlib.Path(f"/proc/{program.pid}/cmdline").read_bytes()
        limits = pathlib.Path(f"/proc/{program.pid}/limits").read_text()
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=20)
        self.assertNotIn(b"918273", shown)
        self.assertIn(b"******", shown)
        self.assertRegex(limits, r"Max core file size\s+0\s+0")


class Verbose(CliTest):
    def test_says_attempts_and_never_a_secret(self):
        self.emulator.fault(kind="server_error", count=1, action="AssumeRole")
        answer, said = self.process("-v", "--role-arn", ROLE, "--external-id", "SECRETCANARY-external")
        self.assertIn("source: AssumeRole", said)
        self.assertIn(": 500 in ", said)
        self.assertIn(": 200 in ", said)
        self.assertIn(answer["AccessKeyId"], said)
        for secret in (answer["SecretAccessKey"], answer["SessionToken"], SECRET_KEY, "SECRETCANARY"):
            self.assertNotIn(secret, said)

    def test_quiet_keeps_warnings_back(self):
        arguments = ["whoami", "--role-arn", ROLE, "--duration-seconds", "30"]
        self.assertIn("warning: ", self.run_program(*arguments).stderr)
        self.assertEqual(self.run_program(*arguments, "--quiet").stderr, "")


class Completion(CliTest):
    def script(self, shell):
        result = self.run_program("completion", shell)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        path = pathlib.Path(self.home.name) / f"completion.{shell}"
        path.write_text(result.stdout)
        return path

    def test_scripts_parse(self):
        for shell in ("bash", "zsh", "fish"):
            path = self.script(shell)
            with self.subTest(shell=shell):
                if shutil.which(shell) is None:
                    self.skipTest(f"{shell} is not installed")
                result = subprocess.run([shell, "-n", path], capture_output=True, text=True, check=False, timeout=30)
                self.assertEqual((result.returncode, result.stderr), (0, ""))

    def complete(self, *words):
        typed = " ".join(f"'{word}'" for word in words)
        # compopt works during a completion only.
        result = subprocess.run(
            ["bash", "-c", f"compopt() {{ :; }}; source '{self.script('bash')}'; COMP_WORDS=(aws-refresh-session {typed}); "
             f"COMP_CWORD={len(words)}; _aws_refresh_session; printf '%s\\n' \"${{COMPREPLY[@]}}\""],
            capture_output=True, text=True, check=True, timeout=30)
        return result.stdout.split()

    def test_bash_completes_commands_options_and_values(self):
        self.assertEqual(self.complete("who"), ["whoami"])
        self.assertEqual(self.complete("whoami", "--role-s"), ["--role-session-name"])
        self.assertEqual(self.complete("completion", "f"), ["fish"])
        self.assertEqual(self.complete("whoami", "--region", ""), [])
        self.assertEqual(self.complete("demo", "--role"), [])
        self.assertIn("--version", self.complete(""))


if __name__ == "__main__":
    unittest.main()
