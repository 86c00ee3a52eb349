"""The demo: what it proves, what it prints, and how it ends."""

import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import fcntl
import termios
import time
import unittest

from support import PROGRAM, CliTest

SHORT = ("--seconds", "8", "--lifetime", "3")


class Demo(CliTest):
    def test_short_run_passes_and_its_json_says_why(self):
        result = self.run_program("demo", *SHORT, "--json")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        answer = json.loads(result.stdout)
        self.assertIs(answer["passed"], True)
        self.assertEqual((answer["failed_reads"], answer["expired_reads"]), (0, 0))
        self.assertEqual((answer["requests_refused"], answer["requests_unanswered"]), (0, 0))
        self.assertEqual(answer["requests_with_expired_sets"], 0)
        self.assertGreater(answer["reads"], 10_000)
        self.assertGreater(answer["requests_accepted"], 80)
        self.assertGreaterEqual(answer["refreshes"], 3)
        self.assertGreaterEqual(answer["failures_injected"], 1)
        self.assertEqual(answer["failures_recovered"], answer["failures_injected"])
        self.assertGreaterEqual(answer["calls_hit"], 1)
        self.assertGreaterEqual(answer["sets_issued"], answer["refreshes"] + 1)
        # Progress in lines, without a terminal's codes.
        self.assertNotIn("\x1b", result.stderr)
        self.assertIn("failure 1 begins", result.stderr)
        self.assertIn("recovered from failure 1", result.stderr)
        self.assertGreaterEqual(len(re.findall(r"reads/s", result.stderr)), 5)

    def test_quiet_run_says_nothing_and_sums_up(self):
        result = self.run_program("demo", *SHORT, "--quiet")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue(result.stdout.endswith("PASS\n"), result.stdout)

    def test_proxy_of_the_environment_is_not_used(self):
        environment = self.environment(http_proxy="http://127.0.0.1:1", all_proxy="http://127.0.0.1:1")
        result = self.run_program("demo", "--quiet", *SHORT, environment=environment)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_interrupted_run_sums_up_what_it_saw(self):
        program = subprocess.Popen([PROGRAM, "demo", "--seconds", "60", "--json"], env=self.environment(), text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        self.assertTrue(program.stderr.readline())
        time.sleep(1)
        start = time.monotonic()
        program.send_signal(signal.SIGINT)
        out, _ = program.communicate(timeout=20)
        self.assertLess(time.monotonic() - start, 2.0)
        self.assertEqual(program.returncode, 130)
        self.assertIs(json.loads(out)["interrupted"], True)

    def test_live_view_stays_inside_its_terminal(self):
        for columns, rows in ((80, 24), (60, 24), (40, 12)):
            with self.subTest(columns=columns):
                shown, status = self.run_on_terminal(columns, rows)
                self.assertEqual(status, 0, shown)
                self.assertIn("PASS", shown)
                self.assertIn("\x1b[?25l", shown)
                self.assertIn("\x1b[?25h", shown)
                frames = shown.split("\x1b[J")[:-1]
                self.assertGreater(len(frames), 20)
                for frame in frames:
                    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", frame).replace("\r", "").rstrip("\n").split("\n")
                    self.assertLess(len(lines), rows)
                    self.assertLess(max(map(len, lines)), columns)
                # Nothing but frames: no log line breaks the view.
                self.assertNotIn("warning", shown)

    def run_on_terminal(self, columns, rows):
        process, terminal = pty.fork()
        if process == 0:
            # The parent sets the size first.
            os.read(0, 1)
            os.execve(PROGRAM, [PROGRAM, "demo", *SHORT], self.environment())
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.write(terminal, b"\n")
        shown = b""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 0.5)[0]:
                continue
            try:
                got = os.read(terminal, 65536)
            except OSError:
                break
            shown += got
        _, status = os.waitpid(process, 0)
        os.close(terminal)
        return shown.decode("utf-8", "replace").lstrip("\r\n"), os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    signal.alarm(240)
    unittest.main()
