"""Real consumers of `process`: the AWS CLI and botocore run it from their config file."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

from support import PROGRAM, ROLE, CliTest, register_secret


class Consumers(CliTest):
    def setUp(self):
        super().setUp()
        self.config = pathlib.Path(self.home.name) / "config"
        self.wrapper = pathlib.Path(self.home.name) / "source"
        # The consumer must not see the keys that the program assumes the role with.
        keys = " ".join(f"{name}='{value}'" for name, value in self.environment().items() if name.startswith("AWS_"))
        self.wrapper.write_text(f"#!/bin/sh\n{keys} exec '{PROGRAM}' \"$@\"\n")
        self.wrapper.chmod(0o700)

    def configure(self, *arguments):
        line = " ".join([str(self.wrapper), "process", *arguments])
        self.config.write_text(f"[profile app]\nregion = us-east-1\ncredential_process = {line}\n")

    def consumer_environment(self):
        return self.environment(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_CONFIG_FILE=str(self.config),
                                AWS_SHARED_CREDENTIALS_FILE="/dev/null", AWS_EC2_METADATA_DISABLED="true", AWS_PAGER="")

    def aws(self, *arguments):
        # Debian's own: another one on the path may bundle another botocore.
        return subprocess.run(["/usr/bin/aws", "--profile", "app", "--endpoint-url", self.emulator.url, *arguments],
                              capture_output=True, text=True, env=self.consumer_environment(), timeout=120, check=False)

    @unittest.skipUnless(os.access("/usr/bin/aws", os.X_OK), "awscli is not installed")
    def test_aws_cli_takes_the_credentials(self):
        self.configure("--role-arn", ROLE, "--role-session-name", "from-awscli")
        result = self.aws("sts", "get-caller-identity", "--output", "json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(json.loads(result.stdout)["Arn"], "arn:aws:sts::123456789012:assumed-role/demo/from-awscli")

    @unittest.skipUnless(os.access("/usr/bin/aws", os.X_OK), "awscli is not installed")
    def test_aws_cli_shows_the_reason_of_a_failure(self):
        self.configure("--role-arn", ROLE + "-none")
        result = self.aws("sts", "get-caller-identity")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("AccessDenied", result.stderr)

    def botocore_session(self):
        try:
            import botocore.session
        except ImportError:
            self.skipTest("python3-botocore is not installed")
        saved = dict(os.environ)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(saved)))
        environment = self.consumer_environment()
        os.environ.clear()
        os.environ.update(environment)
        return botocore.session.Session(profile="app")

    def test_botocore_runs_it_again_before_the_set_ends(self):
        self.configure("--quiet", "--role-arn", ROLE, "--duration-seconds", "60")
        session = self.botocore_session()
        client = session.create_client("sts", endpoint_url=self.emulator.url)
        self.addCleanup(client.close)
        seen = set()
        for _ in range(3):
            self.assertIn("assumed-role/demo/", client.get_caller_identity()["Arn"])
            frozen = session.get_credentials().get_frozen_credentials()
            register_secret(frozen.secret_key)
            register_secret(frozen.token)
            seen.add(frozen.access_key)
        # With less than ten minutes left, botocore asks again for every request.
        self.assertGreater(len(seen), 1)

    def test_botocore_takes_keys_that_do_not_end(self):
        self.configure()
        client = self.botocore_session().create_client("sts", endpoint_url=self.emulator.url)
        self.addCleanup(client.close)
        self.assertEqual(client.get_caller_identity()["Arn"], "arn:aws:iam::123456789012:user/emulator")

    def test_botocore_gets_the_reason_of_a_failure(self):
        self.configure("--role-arn", ROLE + "-none")
        session = self.botocore_session()
        import botocore.exceptions
        with self.assertRaises(botocore.exceptions.CredentialRetrievalError) as raised:
            session.get_credentials().get_frozen_credentials()
        self.assertIn("AccessDenied", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
