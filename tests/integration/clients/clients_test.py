"""Programs of other languages on credentials that live seconds, against a Ceph server that enforces their end.

Run by with_radosgw. Each client gets its credentials in each way the program has: from `serve`, under `exec`, by
`process`. Every answer counts: one refused request fails the test.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).parent
PROGRAM = os.environ["ARS_PROGRAM"]
LIFE = 16
SECONDS = 50
CLIENTS = {
    "awscli": ("aws", [str(HERE / "awscli_work")]),
    "boto3": ("/usr/bin/python3", ["/usr/bin/python3", str(HERE / "boto3_work.py")]),
    "javascript": ("node", ["node", os.path.join(os.environ.get("ARS_JAVASCRIPT", ""), "s3_work.mjs")]),
    "rclone": ("rclone", [str(HERE / "rclone_work")]),
    "restic": ("restic", [str(HERE / "restic_work")]),
}
WAYS = ("serve", "exec", "process")
SOURCE = ["--role-arn", os.environ["RGW_ROLE_ARN"], "--duration-seconds", str(LIFE), "--region", "us-east-1",
          "--endpoint-url", os.environ["RGW_ENDPOINT"]]


class Clients(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = pathlib.Path(directory.name)
        base = self.home / "base"
        base.touch(mode=0o600)
        base.write_text(f"[base]\naws_access_key_id = {os.environ['RGW_ACCESS_KEY_ID']}\n"
                        f"aws_secret_access_key = {os.environ['RGW_SECRET_ACCESS_KEY']}\n")
        # What the program reads; the clients are given nothing of it.
        self.ours = {"PATH": os.environ["PATH"], "HOME": str(self.home), "AWS_SHARED_CREDENTIALS_FILE": str(base),
                     "AWS_PROFILE": "base", "RGW_ENDPOINT": os.environ["RGW_ENDPOINT"],
                     "AWS_REFRESH_SESSION_CACHE": str(self.home / "cache")}
        self.make_bucket()

    def make_bucket(self):
        environment = {**self.ours, "AWS_REGION": "us-east-1"}
        subprocess.run(["/usr/bin/python3", "-c",
                        "import boto3, os; from botocore.config import Config\n"
                        "boto3.client('s3', endpoint_url=os.environ['RGW_ENDPOINT'], config=Config(s3={'addressing_style':"
                        " 'path'})).create_bucket(Bucket='bucket')"], env=environment, check=True, timeout=60)

    def client_environment(self, name):
        """A home of its own, so that nothing of the base can be found."""
        home = self.home / name
        home.mkdir()
        return {"PATH": os.environ["PATH"], "HOME": str(home), "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1", "RGW_ENDPOINT": os.environ["RGW_ENDPOINT"],
                "AWS_EC2_METADATA_DISABLED": "true"}

    def serve(self):
        server = subprocess.Popen([PROGRAM, "serve", "--json", "--print-token", *SOURCE], env=self.ours, text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait, 20)
        self.addCleanup(server.terminate)
        answer = json.loads(server.stdout.readline())
        if path := os.environ.get("ARS_SECRETS_FILE"):
            with open(path, "a", encoding="utf-8") as file:
                file.write(answer["Token"] + "\n")
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": answer["Roles"]["default"],
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": answer["Token"]}

    def start(self, way, client, served):
        name = f"{client}-{way}"
        environment = self.client_environment(name)
        command = [*CLIENTS[client][1], str(SECONDS), name]
        if way == "serve":
            environment.update(served)
        elif way == "exec":
            environment.update(self.ours)
            command = [PROGRAM, "exec", *SOURCE, "--", *command]
        else:
            config = self.home / name / "config"
            # The program's own settings, by env(1): it must not find this profile again.
            process = " ".join(["/usr/bin/env", f"AWS_SHARED_CREDENTIALS_FILE={self.ours['AWS_SHARED_CREDENTIALS_FILE']}",
                                "AWS_PROFILE=base", "AWS_CONFIG_FILE=/dev/null",
                                f"AWS_REFRESH_SESSION_CACHE={self.ours['AWS_REFRESH_SESSION_CACHE']}",
                                PROGRAM, "process", *SOURCE])
            config.write_text(f"[default]\ncredential_process = {process}\n")
            environment["AWS_CONFIG_FILE"] = str(config)
            # minio-go (restic) looks for it here.
            environment["AWS_SHARED_CREDENTIALS_FILE"] = str(config)
        log = open(self.home / name / "log", "w+", encoding="utf-8")
        self.addCleanup(log.close)
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                text=True), log

    def test_many_expiries_refuse_no_request(self):
        missing = sorted(name for name, (program, _) in CLIENTS.items() if shutil.which(program) is None)
        if not os.path.isdir(os.path.join(os.environ.get("ARS_JAVASCRIPT", ""), "node_modules")):
            missing.append("the AWS SDK for JavaScript")
        if missing:
            self.skipTest(f"not installed: {', '.join(missing)}")
        served = self.serve()
        running = {(way, client): self.start(way, client, served) for way in WAYS for client in CLIENTS}
        failed = []
        for (way, client), (process, log) in running.items():
            try:
                out, _ = process.communicate(timeout=SECONDS + 60)
            except subprocess.TimeoutExpired:
                process.kill()
                out, _ = process.communicate()
            log.seek(0)
            words = log.read()
            done = json.loads(out.splitlines()[-1]) if process.returncode == 0 else None
            print(f"{client:11} {way:8} {done or 'FAILED'}", file=sys.stderr)
            if not done or not done["done"]:
                failed.append(f"{client} by {way}: exit {process.returncode}\n{words[-2000:]}")
        self.assertFalse(failed, "\n".join(failed))


if __name__ == "__main__":
    unittest.main(verbosity=2)
