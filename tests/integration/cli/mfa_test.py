"""One-time codes: by a command, and asked for on a terminal."""

import json
import os
import pty
import re
import select
import signal
import sys
import termios
import time
import unittest
import urllib.error
import urllib.request

from support import MFA_SEED, PROGRAM, ROLE, CliTest, register_secret

DEVICE = "arn:aws:iam::123456789012:mfa/emulator"
TOTP = """
import base64, hashlib, hmac, struct, sys, time
digest = hmac.new(base64.b32decode(sys.argv[1]), struct.pack('>Q', int(time.time()) // 30 + int(sys.argv[2])), hashlib.sha1).digest()
at = digest[-1] & 15
print('%06d' % ((struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1000000))
"""


def code(step=0):
    import subprocess
    return subprocess.run([sys.executable, "-c", TOTP, MFA_SEED, str(step)], capture_output=True, text=True, check=True).stdout.strip()


class Command(CliTest):
    emulator_options = ("--mfa-seed", MFA_SEED)

    def setUp(self):
        super().setUp()
        script = os.path.join(self.home.name, "totp.py")
        with open(script, "w", encoding="utf-8") as file:
            file.write(TOTP)
        self.command = f"{sys.executable} {script} {MFA_SEED} 0"

    def test_its_code_opens_the_role(self):
        result = self.run_program("whoami", "-v", "--role-arn", ROLE, "--serial-number", DEVICE, "--mfa-command", self.command)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("assumed-role/demo/", result.stdout)
        self.assertNotIn(MFA_SEED, result.stderr)
        # Standing alone: a request id may hold six digits in a row.
        self.assertIsNone(re.search(r"(?<![\w.-])[0-9]{6}(?![\w-])", result.stderr))

    def test_failure_of_the_command_is_one_line_without_the_command(self):
        # A program that is not there stays away; one that failed may work the next time.
        for status, command in ((1, "/no/such/program SECRETCANARY"), (3, "false SECRETCANARY"), (3, "echo SECRETCANARY")):
            result = self.run_program("whoami", "--role-arn", ROLE, "--serial-number", DEVICE, "--mfa-command", command)
            self.assertEqual((result.returncode, result.stdout), (status, ""), result.stderr)
            self.assert_one_line(result.stderr)
            self.assertNotIn("SECRETCANARY", result.stderr)


class TerminalTest(CliTest):
    """The program on a terminal of its own."""

    def start(self, *arguments, environment=None):
        """Up to its question."""
        process, terminal = pty.fork()
        if process == 0:
            arguments = arguments or ("whoami", "--role-arn", ROLE, "--serial-number", DEVICE)
            os.execve(PROGRAM, [PROGRAM, *arguments], self.environment() if environment is None else environment)
        shown = self.read_until(terminal, b": ")
        return process, terminal, shown

    def read_until(self, terminal, end, seconds=20):
        shown = b""
        deadline = time.monotonic() + seconds
        while end not in shown and time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    got = os.read(terminal, 4096)
                except OSError:
                    break
                if not got:
                    break
                shown += got
        return shown

    def finish(self, process, terminal):
        shown = self.read_until(terminal, b"\0never\0")
        _, status = os.waitpid(process, 0)
        os.close(terminal)
        return os.waitstatus_to_exitcode(status), shown


class DeviceSession(TerminalTest):
    """A person's code opens a session by GetSessionToken; the role is assumed with that."""

    emulator_options = ("--mfa-seed", MFA_SEED)

    def calls(self):
        return [(entry["action"], entry["status"], "SerialNumber" in entry["parameters"], "TokenCode" in entry["parameters"])
                for entry in self.emulator.admin("GET", "log")]

    def test_role_that_requires_mfa_is_assumed_with_the_session_of_one_code(self):
        config = os.path.join(self.home.name, "config")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"[profile app]\nrole_arn = {ROLE}\ncredential_source = Environment\nmfa_serial = {DEVICE}\n")
        before = len(self.calls())
        process, terminal, question = self.start("whoami", "--profile", "app", environment=self.environment(AWS_CONFIG_FILE=config))
        self.assertEqual(question, f"One-time code of {DEVICE}: ".encode())
        os.write(terminal, code().encode() + b"\n")
        status, shown = self.finish(process, terminal)
        self.assertEqual(status, 0, shown)
        self.assertIn(b"assumed-role/demo/", shown)
        self.assertEqual(self.calls()[before:], [("GetSessionToken", 200, True, True), ("AssumeRole", 200, False, False),
                                                 ("GetCallerIdentity", 200, False, False)])

    def test_where_no_session_is_given_the_next_code_opens_the_role(self):
        self.emulator.fault(kind="forbidden", action="GetSessionToken", count=1)
        before = len(self.calls())
        process, terminal, _ = self.start()
        os.write(terminal, code(1).encode() + b"\n")
        # The next question comes with the next code.
        shown = self.read_until(terminal, b"One-time code of", seconds=40)
        self.assertIn(b"sts:GetSessionToken", shown)
        os.write(terminal, code(1).encode() + b"\n")
        status, rest = self.finish(process, terminal)
        self.assertEqual(status, 0, shown + rest)
        self.assertIn(b"assumed-role/demo/", rest)
        self.assertEqual(self.calls()[before:], [("GetSessionToken", 403, True, True), ("AssumeRole", 200, True, True),
                                                 ("GetCallerIdentity", 200, False, False)])


class ServeOnATerminal(TerminalTest):
    emulator_options = ("--mfa-seed", MFA_SEED)

    def keys_of(self, settings):
        with open(settings["TokenFile"], encoding="utf-8") as file:
            token = file.read()
        register_secret(token)
        request = urllib.request.Request(settings["Roles"]["default"], headers={"Authorization": token})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                keys = json.loads(answer.read())
        except urllib.error.HTTPError as error:
            error.close()
            return None
        register_secret(keys["SecretAccessKey"])
        register_secret(keys["Token"])
        return keys["AccessKeyId"]

    def test_one_code_at_the_start_keeps_it_serving(self):
        process, terminal, shown = self.start("serve", "--json", "--quiet", "--role-arn", ROLE, "--serial-number", DEVICE,
                                              "--duration-seconds", "4")
        # The settings are shown first, and hold a colon, too.
        if b"emulator: " not in shown:
            shown += self.read_until(terminal, b"emulator: ")
        settings = json.loads(shown.split(b"\r\n", 1)[0])
        self.assertIn(b"One-time code of", shown)
        self.assertIsNone(self.keys_of(settings))
        os.write(terminal, code().encode() + b"\n")
        seen = set()
        deadline = time.monotonic() + 40
        while len(seen) < 3 and time.monotonic() < deadline:
            seen.add(self.keys_of(settings))
            seen.discard(None)
            time.sleep(0.2)
        os.kill(process, signal.SIGTERM)
        status, rest = self.finish(process, terminal)
        self.assertEqual((status, len(seen)), (0, 3), rest)
        self.assertNotIn(b"One-time code of", rest)
        self.assertFalse(os.path.exists(settings["TokenFile"]))


class Prompt(TerminalTest):
    emulator_options = ("--mfa-seed", MFA_SEED)

    def test_asks_without_echo(self):
        process, terminal, question = self.start()
        self.assertEqual(question, f"One-time code of {DEVICE}: ".encode())
        self.assertFalse(termios.tcgetattr(terminal)[3] & termios.ECHO)
        typed = code(1)
        os.write(terminal, typed.encode() + b"\n")
        status, shown = self.finish(process, terminal)
        self.assertEqual(status, 0, shown)
        self.assertIn(b"assumed-role/demo/", shown)
        self.assertNotIn(typed.encode(), shown)

    def test_answer_that_is_no_code_is_refused(self):
        process, terminal, _ = self.start()
        os.write(terminal, b"SECRETCANARY\n")
        status, shown = self.finish(process, terminal)
        self.assertEqual(status, 3, shown)
        self.assertNotIn(b"SECRETCANARY", shown)

    def test_interrupt_restores_the_terminal(self):
        process, terminal, _ = self.start()
        os.write(terminal, b"123\x03")
        deadline = time.monotonic() + 10
        while not termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertTrue(termios.tcgetattr(terminal)[3] & termios.ECHO)
        self.assertEqual(self.finish(process, terminal)[0], 130)

    def test_end_of_input_is_a_failure(self):
        process, terminal, _ = self.start()
        os.write(terminal, b"\x04")
        status, _ = self.finish(process, terminal)
        self.assertEqual(status, 1)


if __name__ == "__main__":
    signal.alarm(240)
    unittest.main()
