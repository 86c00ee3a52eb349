"""The cache that all runs share: one call for many processes, and never a set that ends in somebody's hands."""

import glob
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest

from support import PROGRAM, ROLE, CliTest, register_secret

OTHER = "arn:aws:iam::123456789012:role/other"


class CacheTest(CliTest):
    emulator_options = ("--role", "demo", "--role", "other", "--min-duration", "1")

    def setUp(self):
        super().setUp()
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.cache = os.path.join(self.directory.name, "cache")

    def environment(self, **more):
        return super().environment(**{"AWS_REFRESH_SESSION_CACHE": self.cache, **more})

    def calls(self):
        return self.emulator.arrived("AssumeRole")

    def start(self, *arguments, environment=None):
        return subprocess.Popen([PROGRAM, "process", "--role-arn", ROLE, *arguments], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
                                env=environment or self.environment())

    def results(self, processes):
        results = []
        for process in processes:
            out, err = process.communicate(timeout=120)
            if process.returncode == 0:
                answer = json.loads(out)
                register_secret(answer["SecretAccessKey"])
                register_secret(answer["SessionToken"])
                out = answer["AccessKeyId"]
            results.append((process.returncode, out, err))
        return results

    def status(self):
        result = self.run_program("status", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)["Entries"]


class Process(CacheTest):
    def test_two_hundred_cold_processes_make_one_call(self):
        before = self.calls()
        self.emulator.fault(kind="latency", action="AssumeRole", delay_ms=1500)
        results = self.results([self.start() for _ in range(200)])
        self.assertEqual({code for code, _, _ in results}, {0}, results)
        self.assertEqual(len({key for _, key, _ in results}), 1)
        self.assertEqual(self.calls() - before, 1)

    def test_waiting_processes_share_a_refusal(self):
        before = self.calls()
        self.emulator.fault(kind="latency", action="AssumeRole", delay_ms=3000)
        self.emulator.fault(kind="forbidden", action="AssumeRole")
        results = self.results([self.start() for _ in range(20)])
        self.assertEqual({code for code, _, _ in results}, {1}, results)
        self.assertTrue(all("AccessDenied" in err for _, _, err in results), results)
        self.assertEqual(self.calls() - before, 1)

    def test_a_killed_holder_frees_the_others_at_once(self):
        self.emulator.fault(kind="hang", action="AssumeRole", count=1)
        holder = self.start()
        deadline = time.monotonic() + 20
        while not os.path.exists(self.cache + "/lock") and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.3)
        waiting = self.start()
        time.sleep(0.3)
        self.assertIsNone(waiting.poll())
        holder.send_signal(signal.SIGKILL)
        began = time.monotonic()
        [(code, _, err)] = self.results([waiting])
        self.assertEqual(code, 0, err)
        self.assertLess(time.monotonic() - began, 5)
        holder.communicate()

    def test_another_role_or_base_is_another_entry(self):
        first, _ = self.process("--role-arn", ROLE)
        self.assertEqual(self.process("--role-arn", ROLE)[0]["AccessKeyId"], first["AccessKeyId"])
        ids = {first["AccessKeyId"]}
        for arguments in (("--role-arn", OTHER), ("--role-arn", ROLE, "--role-session-name", "ann"),
                          ("--role-arn", ROLE, "--duration-seconds", "1000"), ("--role-arn", ROLE, "--tag", "a=b"),
                          ("--role-arn", ROLE, "--no-verify-tls"), ("--role-arn", ROLE, "--no-cache")):
            ids.add(self.process(*arguments)[0]["AccessKeyId"])
        ids.add(self.process("--role-arn", ROLE, environment=self.environment(AWS_REGION="eu-west-1"))[0]["AccessKeyId"])
        self.assertEqual(len(ids), 8)

    def test_half_way_the_next_call_answers_at_once_and_refreshes_behind(self):
        first, _ = self.process("--role-arn", ROLE, "--duration-seconds", "12")
        time.sleep(6.5)
        self.emulator.fault(kind="latency", action="AssumeRole", delay_ms=1500)
        before = self.calls()
        began = time.monotonic()
        second, _ = self.process("--role-arn", ROLE, "--duration-seconds", "12")
        self.assertLess(time.monotonic() - began, 1)
        self.assertEqual(second["AccessKeyId"], first["AccessKeyId"])
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            third, _ = self.process("--role-arn", ROLE, "--duration-seconds", "12")
            if third["AccessKeyId"] != first["AccessKeyId"]:
                break
            time.sleep(0.2)
        self.assertNotEqual(third["AccessKeyId"], first["AccessKeyId"])
        self.assertEqual(self.calls() - before, 1)

    def test_a_failing_source_leaves_what_is_left(self):
        first, _ = self.process("--role-arn", ROLE, "--duration-seconds", "16")
        time.sleep(12.5)
        self.emulator.fault(kind="forbidden", action="AssumeRole")
        second, message = self.process("--role-arn", ROLE, "--duration-seconds", "16")
        self.assertEqual(second["AccessKeyId"], first["AccessKeyId"])
        self.assertIn("AccessDenied", message)
        [entry] = self.status()
        self.assertEqual(entry["LastFailure"]["Code"], "AccessDenied")
        self.assertLessEqual(entry["SecondsLeft"], 4)

    def test_nothing_secret_is_in_the_files_or_in_status(self):
        answer, _ = self.process("--role-arn", ROLE)
        text = self.run_program("status").stdout
        self.assertIn(ROLE, text)
        self.assertIn(answer["AccessKeyId"], text)
        for path in glob.glob(self.cache + "/*"):
            with open(path, "rb") as file:
                content = file.read()
            self.assertNotIn(answer["AccessKeyId"].encode(), content)
            self.assertNotIn(answer["SecretAccessKey"].encode(), content)
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600, path)
        self.assertNotIn(answer["SecretAccessKey"], text)

    def test_static_keys_are_never_kept(self):
        self.process()
        self.assertEqual(glob.glob(self.cache + "/*.entry"), [])


class Status(CacheTest):
    def test_lists_and_clears(self):
        self.assertEqual(self.status(), [])
        self.process("--role-arn", ROLE)
        self.process("--role-arn", OTHER)
        self.assertEqual([entry["Label"] for entry in self.status()], [ROLE, OTHER])
        result = self.run_program("status", "--clear")
        self.assertIn("2 entries removed", result.stderr)
        self.assertEqual(self.status(), [])

    def test_a_cache_that_others_can_write_is_not_used_and_says_so(self):
        os.mkdir(self.cache)
        os.chmod(self.cache, 0o777)
        _, message = self.process("--role-arn", ROLE)
        self.assertIn("nobody else can write", message)
        self.assertEqual(os.listdir(self.cache), [])

    def test_a_relative_path_is_a_usage_error(self):
        result = self.run_program("status", environment=self.environment(AWS_REFRESH_SESSION_CACHE="here"))
        self.assertEqual(result.returncode, 2)
        self.assertIn("AWS_REFRESH_SESSION_CACHE", result.stderr)


if __name__ == "__main__":
    unittest.main()
