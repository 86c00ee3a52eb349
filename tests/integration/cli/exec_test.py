"""exec: a program as if nothing stood between it and the shell, but with credentials."""

import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import subprocess
import time
import unittest

from support import ACCESS_KEY, PROGRAM, ROLE, SECRET_KEY, CliTest, register_secret

PYTHON = "/usr/bin/python3"


class Programs(CliTest):
    def exec(self, *arguments, options=(), **more):
        return self.run_program("exec", *options, "--", *arguments, **more)

    def variables(self, *options, environment=None):
        result = self.exec("env", "-0", options=options, environment=environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        variables = dict(entry.split("=", 1) for entry in result.stdout.split("\0") if entry)
        for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"):
            register_secret(variables.get(name))
        return variables

    def start(self, *arguments, options=("--static",), **more):
        program = subprocess.Popen([PROGRAM, "exec", *options, "--", *arguments], env=self.environment(), text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True, **more)
        self.addCleanup(lambda: program.poll() is None and program.kill())
        return program


class Environment(Programs):
    STALE = {"AWS_SESSION_TOKEN": "SECRETCANARY-stale", "AWS_SECURITY_TOKEN": "SECRETCANARY-old", "AWS_PROFILE": "p",
             "AWS_DEFAULT_PROFILE": "p", "AWS_WEB_IDENTITY_TOKEN_FILE": "/f", "AWS_ROLE_ARN": "a", "AWS_ROLE_SESSION_NAME": "s",
             "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://x/",
             "AWS_CONTAINER_AUTHORIZATION_TOKEN": "SECRETCANARY-t", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/t",
             "AWS_CREDENTIAL_EXPIRATION": "2030-01-01T00:00:00Z", "AWS_ACCOUNT_ID": "1"}

    def source(self):
        config = pathlib.Path(self.home.name) / "config"
        config.write_text(f"[profile p]\nregion = eu-north-1\naws_access_key_id = {ACCESS_KEY}\n"
                          f"aws_secret_access_key = {SECRET_KEY}\n")
        config.chmod(0o600)
        environment = self.environment(AWS_CONFIG_FILE=str(config), AWS_REGION=None, KEPT="as it\nwas", **self.STALE)
        return ("--profile", "p"), environment

    def test_plain_keys_are_the_only_credentials(self):
        options, environment = self.source()
        got = self.variables("--static", *options, environment=environment)
        self.assertEqual(got["AWS_ACCESS_KEY_ID"], ACCESS_KEY)
        self.assertTrue(got["AWS_SECRET_ACCESS_KEY"] == SECRET_KEY)
        self.assertEqual([name for name in self.STALE if name in got], [])
        self.assertEqual((got["AWS_REGION"], got["AWS_DEFAULT_REGION"], got["KEPT"]), ("eu-north-1", "eu-north-1", "as it\nwas"))

    def test_plain_keys_of_a_role_say_when_they_end(self):
        got = self.variables("--static", "--role-arn", ROLE)
        self.assertTrue(got["AWS_ACCESS_KEY_ID"].startswith("ASIA") and got["AWS_SESSION_TOKEN"])
        self.assertRegex(got["AWS_CREDENTIAL_EXPIRATION"], r"Z$")

    def test_endpoint_replaces_every_other_source(self):
        options, environment = self.source()
        got = self.variables(*options, environment=environment)
        self.assertRegex(got["AWS_CONTAINER_CREDENTIALS_FULL_URI"], r"^http://127\.0\.0\.1:\d+/")
        self.assertGreaterEqual(len(got["AWS_CONTAINER_AUTHORIZATION_TOKEN"]), 32)
        kept = {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"}
        self.assertEqual([name for name in self.STALE if name in got and name not in kept], [])
        self.assertNotIn("AWS_ACCESS_KEY_ID", got)
        self.assertNotIn("AWS_SECRET_ACCESS_KEY", got)

    def test_default_profile_keeps_its_settings_and_loses_its_credentials(self):
        config = pathlib.Path(self.home.name) / "config"
        text = "# c\n[default]\noutput = json\nrole_arn = arn\nsource_profile = x\ns3 =\n  a = b\n[profile x]\nrole_arn = kept\n"
        config.write_text(text)
        file = pathlib.Path(self.home.name) / "credentials"
        file.write_text(f"[default]\naws_access_key_id = {ACCESS_KEY}\n[x]\naws_access_key_id = kept\n")
        file.chmod(0o600)
        environment = self.environment(AWS_CONFIG_FILE=str(config), AWS_SHARED_CREDENTIALS_FILE=str(file))
        result = self.exec("sh", "-c", 'stat -c %a "$AWS_CONFIG_FILE"; cat "$AWS_CONFIG_FILE" "$AWS_SHARED_CREDENTIALS_FILE"; '
                           'echo "$AWS_CONFIG_FILE"', environment=environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        *shown, copy = result.stdout.splitlines()
        self.assertEqual("\n".join(shown), "600\n# c\n[default]\noutput = json\ns3 =\n  a = b\n[profile x]\nrole_arn = kept\n"
                         "[default]\n[x]\naws_access_key_id = kept")
        self.assertFalse(pathlib.Path(copy).parent.exists())
        self.assertEqual(config.read_text(), text)


class Ends(Programs):
    def test_exit_status_is_the_programs_own(self):
        script = pathlib.Path(self.home.name) / "not-executable"
        script.write_text("#!/bin/sh\n")
        for static in ((), ("--static",)):
            for status, arguments in ((0, ["true"]), (7, ["sh", "-c", "exit 7"]), (143, ["sh", "-c", "kill -TERM $$"]),
                                      (137, ["sh", "-c", "kill -KILL $$"]), (127, ["no-such-program"]),
                                      (127, ["/no/such/program"]), (126, [str(script)]), (126, [self.home.name])):
                with self.subTest(arguments=arguments, options=static):
                    result = self.exec(*arguments, options=static)
                    self.assertEqual((result.returncode, result.stdout), (status, ""))
                    self.assertEqual(result.stderr.count("\n"), 1 if status in (126, 127) else 0, result.stderr)

    def test_failure_to_get_credentials_starts_nothing(self):
        for options in ((), ("--static",)):
            result = self.exec("echo", "started", options=(*options, "--role-arn", ROLE + "-none"))
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assert_one_line(result.stderr)

    def test_arguments_arrive_untouched(self):
        arguments = ["--", "--json", "-v", "", "--region=", "a b", "*", "--token-code", "123456"]
        result = self.exec("printf", "%s\\n", *arguments, options=("--static",))
        self.assertEqual(result.stdout.split("\n")[:-1], arguments)

    def test_program_is_missing(self):
        for arguments in (["exec"], ["exec", "--"], ["exec", "--static"], ["exec", "ls"], ["exec", "--", ""]):
            result = self.run_program(*arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assert_one_line(result.stderr)

    def test_standard_streams_are_the_programs_own(self):
        result = subprocess.run([PROGRAM, "exec", "--static", "--", "sh", "-c", "cat; echo said >&2"], input="given",
                                capture_output=True, text=True, env=self.environment(), timeout=60, check=False)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "given", "said\n"))

    def test_program_may_leave_a_core_and_inherits_no_descriptor(self):
        result = self.exec("sh", "-c", "ulimit -Hc; ls /proc/self/fd | wc -l", options=("--static",))
        limit, descriptors = result.stdout.split()
        self.assertEqual(limit, subprocess.run(["sh", "-c", "ulimit -Hc"], capture_output=True, text=True).stdout.strip())
        self.assertLessEqual(int(descriptors), 4)
        result = self.exec("sh", "-c", "ls /proc/self/fd | wc -l")
        self.assertLessEqual(int(result.stdout), 4)


class Signals(Programs):
    def test_signals_reach_the_program_and_its_answer_counts(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
            for options in ((), ("--static",)):
                program = self.start("sh", "-c", f"trap 'echo got; exit 9' {number.value}; echo ready; while :; do sleep 0.05; done",
                                     options=options)
                self.assertEqual(program.stdout.readline(), "ready\n")
                program.send_signal(number)
                out, _ = program.communicate(timeout=20)  # the shell may say how its sleep ended
                self.assertEqual((program.returncode, out), (9, "got\n"), number)

    def test_program_that_a_signal_kills_is_reported_as_a_shell_does(self):
        program = self.start("sh", "-c", "echo ready; exec sleep 60")
        program.stdout.readline()
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=20)
        self.assertEqual(program.returncode, 143)

    def test_ignored_signals_stay_ignored(self):
        program = self.start("sh", "-c", "trap; grep SigIgn /proc/self/status; echo ready; exec sleep 1",
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        mask = int(program.stdout.readline().split()[1], 16)
        program.stdout.readline()
        self.assertTrue(mask & 1 << signal.SIGHUP.value - 1)
        program.send_signal(signal.SIGHUP)
        program.communicate(timeout=20)
        self.assertEqual(program.returncode, 0)

    def test_program_leads_its_own_group_and_the_whole_group_is_told(self):
        program = self.start("sh", "-c", 'echo $$ $(ps -o pgid= -p $$); sleep 60 & echo $!; wait')
        pid, group = program.stdout.readline().split()
        self.assertEqual(pid, group)
        grandchild = int(program.stdout.readline())
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=20)
        deadline = time.monotonic() + 10
        while os.path.exists(f"/proc/{grandchild}/cwd") and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertFalse(os.path.exists(f"/proc/{grandchild}/cwd"))

    def test_endpoint_ends_with_the_program_and_no_secret_is_in_an_argument(self):
        program = self.start("sh", "-c", 'echo "$AWS_CONTAINER_CREDENTIALS_FULL_URI"; echo $$; sleep 60', options=())
        port = int(re.search(r":(\d+)/", program.stdout.readline()).group(1))
        child = int(program.stdout.readline())
        socket.create_connection(("127.0.0.1", port), 5).close()
        for pid in (program.pid, child):
            self.assertNotIn(b"SECRETCANARY", pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=20)
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", port), 5).close()


class Shell:
    """An interactive bash on a terminal of its own."""

    def __init__(self, environment, directory):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "-i"], {**environment, "PS1": "ready> ", "TERM": "dumb"})
        self.seen = ""

    def send(self, text):
        os.write(self.terminal, text.encode())

    def expect(self, pattern, seconds=20):
        """Reads on until the pattern stands behind what was found last."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen)):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.terminal], [], [], left)[0]:
                raise AssertionError(f"{pattern!r} did not come: {self.seen!r}")
            try:
                self.seen += os.read(self.terminal, 4096).decode("utf-8", "replace").replace("\r", "")
            except OSError:
                raise AssertionError(f"the shell has ended: {self.seen!r}") from None
        self.seen = self.seen[found.end():]
        return found

    def close(self):
        os.close(self.terminal)
        deadline = time.monotonic() + 10
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.02)


@unittest.skipUnless(os.access("/bin/bash", os.X_OK), "bash is not installed")
class Terminal(Programs):
    def setUp(self):
        super().setUp()
        self.shell = Shell(self.environment(), self.home.name)
        self.addCleanup(self.shell.close)
        self.shell.expect("ready> ")

    def run_line(self, script, options="--static", rest=""):
        path = pathlib.Path(self.home.name) / "script.sh"
        path.write_text(script)
        self.shell.send(f"'{PROGRAM}' exec {options} -- sh script.sh{rest}\n")
        self.shell.expect("\n")

    def status(self):
        self.shell.send("echo status=$?\n")
        return int(self.shell.expect(r"\nstatus=(\d+)").group(1))

    def test_program_reads_the_terminal_in_the_foreground(self):
        for options in ("--static", ""):
            self.run_line('echo fg=$(ps -o tpgid= -p $$) $$; read line; echo "line:$line"; exit 3', options)
            found = self.shell.expect(r"fg= *(\d+) (\d+)\n")
            self.assertEqual(found.group(1), found.group(2))
            self.shell.send("typed\n")
            self.shell.expect("line:typed\n")
            self.shell.expect("ready> ")
            self.assertEqual(self.status(), 3)

    def test_interrupt_key_ends_the_program_once(self):
        self.run_line("trap 'echo got; exit 4' INT; echo go; while :; do sleep 0.05; done")
        self.shell.expect("go\n")
        self.shell.send("\x03")
        self.shell.expect("got\n")
        self.shell.expect("ready> ")
        self.assertEqual(self.status(), 4)
        self.assertNotIn("got", self.shell.seen)

    def test_suspend_key_stops_both_and_fg_continues_them(self):
        self.run_line('echo go; while read line; do echo "line:$line"; done')
        self.shell.expect("go\n")
        for _ in range(2):
            self.shell.send("\x1a")
            self.shell.expect("Stopped")
            self.shell.expect("ready> ")
            self.shell.send("fg\n")
            self.shell.expect("script.sh\n")
            self.shell.send("again\n")
            self.shell.expect("line:again\n")
        self.shell.send("\x03")
        self.shell.expect("ready> ")
        self.assertEqual(self.status(), 130)

    def test_background_program_that_reads_is_stopped_until_fg(self):
        self.run_line('read line; echo "line:$line"', rest=" &")
        self.shell.expect("ready> ")
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            self.shell.send("jobs\n")
            self.shell.expect("jobs\n")
            if "Stopped" in self.shell.expect(r"((?:.|\n)*?)ready> ").group(1):
                break
            time.sleep(0.1)
        else:
            self.fail("it was not stopped")
        self.shell.send("fg\n")
        self.shell.expect("script.sh\n")
        self.shell.send("typed\n")
        self.shell.expect("line:typed\n")

    def test_program_continued_in_the_background_runs_there(self):
        # One process: a shell that makes another (vfork) just when the key comes cannot be stopped, nor can its job.
        self.run_line("exec /usr/bin/python3 -uc \"import os, time; print('go')\nwhile not os.path.exists('done'):"
                      " time.sleep(0.05)\nprint('over')\"")
        self.shell.expect("go\n")
        self.shell.send("\x1a")
        self.shell.expect("Stopped")
        self.shell.expect("ready> ")
        self.shell.send("bg\n")
        self.shell.expect("ready> ")
        (pathlib.Path(self.home.name) / "done").touch()
        self.shell.expect("over\n")

    def test_pipeline_keeps_the_terminal_for_all(self):
        self.run_line('printf "q? " > /dev/tty; read line < /dev/tty; echo "line:$line"', rest=" | cat")
        self.shell.expect(r"q\? ")
        self.shell.send("typed\n")
        self.shell.expect("\nline:typed\n")
        self.shell.expect("ready> ")
        self.run_line("echo go; exec sleep 60", rest=" | cat; echo after=${PIPESTATUS[0]}")
        self.shell.expect("go\n")
        self.shell.send("\x03")
        self.shell.expect("ready> ")

    def test_program_that_cannot_start_leaves_the_terminal_to_the_shell(self):
        self.shell.send(f"'{PROGRAM}' exec --static -- ./no-such-program\n")
        self.shell.expect("cannot be started")
        self.shell.expect("ready> ")
        self.assertEqual(self.status(), 127)
        self.shell.send("read line; echo line:$line\n")
        self.shell.expect("\n")
        self.shell.send("typed\n")
        self.shell.expect("\nline:typed\n")


class Consumers(Programs):
    @unittest.skipUnless(os.access("/usr/bin/aws", os.X_OK), "awscli is not installed")
    def test_aws_cli_uses_the_endpoint_and_the_keys(self):
        for options in ((), ("--static",)):
            result = self.exec("/usr/bin/aws", "--endpoint-url", self.emulator.url, "sts", "get-caller-identity", "--output",
                               "json", options=(*options, "--role-arn", ROLE, "--role-session-name", "from-exec"), timeout=120)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(json.loads(result.stdout)["Arn"], "arn:aws:sts::123456789012:assumed-role/demo/from-exec")

    def test_long_job_outlives_its_first_credentials(self):
        job = pathlib.Path(self.home.name) / "job.py"
        job.write_text(f"""
import time, botocore.session
client = botocore.session.Session().create_client("sts", endpoint_url="{self.emulator.url}")
end = time.monotonic() + 15
while time.monotonic() < end:
    print(client.get_caller_identity()["Arn"], flush=True)
    time.sleep(0.2)
""")
        if subprocess.run([PYTHON, "-c", "import botocore"], check=False).returncode != 0:
            self.skipTest("python3-botocore is not installed")
        result = self.exec(PYTHON, str(job), options=("--quiet", "--role-arn", ROLE, "--duration-seconds", "5"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertGreater(len(result.stdout.splitlines()), 20)
        self.assertGreaterEqual(self.emulator.arrived("AssumeRole"), 3)


if __name__ == "__main__":
    unittest.main()
