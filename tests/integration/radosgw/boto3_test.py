"""boto3 work on a session whose credentials live seconds, against a Ceph server that enforces their end.

Run by with_radosgw. Every answer counts: a refused request fails the test.
"""

import os
import tempfile
import threading
import time
import unittest
import urllib.request

import boto3
import boto3.s3.transfer
from botocore.config import Config

from aws_refresh_session import RefreshableSession

ENDPOINT = os.environ["RGW_ENDPOINT"]
LIFE = 7
SECONDS = 46
THREADS = 32


def open_session(observer=None):
    return RefreshableSession(
        assume_role_kwargs={"RoleArn": os.environ["RGW_ROLE_ARN"], "RoleSessionName": "boto3", "DurationSeconds": LIFE},
        sts_client_kwargs={"endpoint_url": ENDPOINT, "region_name": "us-east-1"},
        aws_access_key_id=os.environ["RGW_ACCESS_KEY_ID"],
        aws_secret_access_key=os.environ["RGW_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
        observer=observer,
    )


class Boto3OnRadosgw(unittest.TestCase):
    # One attempt: a refused request must not be mended by a retry.
    CONFIG = Config(
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
        signature_version="s3v4",
        max_pool_connections=THREADS,
    )

    def setUp(self):
        self.keys = set()
        self.refused = []
        self.done = dict.fromkeys(("put", "get", "list", "multipart", "resource", "presigned"), 0)
        self.lock = threading.Lock()
        self.session = open_session(self.note)
        self.client = self.session.client("s3", endpoint_url=ENDPOINT, config=self.CONFIG)
        self.client.create_bucket(Bucket="bucket")

    def note(self, event):
        if event["type"] == "success":
            self.keys.add(event["access_key"])

    def work(self, kind, action, number):
        end = time.monotonic() + SECONDS
        turn = 0
        while time.monotonic() < end:
            turn += 1
            try:
                action(number, turn)
                with self.lock:
                    self.done[kind] += 1
            except Exception as error:  # whatever it is, it is a request that did not go well
                with self.lock:
                    self.refused.append(f"{kind}: {error!r}")
                return

    def put(self, number, turn):
        self.client.put_object(Bucket="bucket", Key=f"put/{number}", Body=b"%d" % turn)

    def get(self, number, turn):
        self.client.put_object(Bucket="bucket", Key=f"get/{number}", Body=b"%d" % turn)
        body = self.client.get_object(Bucket="bucket", Key=f"get/{number}")["Body"].read()
        assert body == b"%d" % turn, body

    def list(self, number, turn):
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket="bucket", Prefix="put/", PaginationConfig={"PageSize": 3}
        )
        sum(len(page.get("Contents", ())) for page in pages)

    def multipart(self, number, turn):
        part = 5 * 2**20
        path = f"/proc/self/fd/{self.file.fileno()}"
        transfer = boto3.s3.transfer.TransferConfig(multipart_threshold=part, multipart_chunksize=part)
        self.client.upload_file(path, "bucket", f"multipart/{number}", Config=transfer)
        size = self.client.head_object(Bucket="bucket", Key=f"multipart/{number}")["ContentLength"]
        assert size == 2 * part + 1, size

    def resource(self, number, turn):
        # A resource and a session of its own for each thread: boto3's resources are not thread-safe, and a session gives
        # the same one for the same arguments.
        bucket = self.resources[number].Bucket("bucket")
        bucket.put_object(Key=f"resource/{number}", Body=b"resource")
        assert [each.key for each in bucket.objects.filter(Prefix=f"resource/{number}.")] == []
        assert bucket.Object(f"resource/{number}").get()["Body"].read() == b"resource"

    def presigned(self, number, turn):
        url = self.client.generate_presigned_url("list_objects_v2", Params={"Bucket": "bucket"}, ExpiresIn=60)
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310, loopback
            assert answer.status == 200

    def test_32_threads_over_six_expiries_and_no_request_refused(self):
        self.file = tempfile.TemporaryFile()
        self.addCleanup(self.file.close)
        self.file.write(b"x" * (2 * 5 * 2**20 + 1))
        self.file.flush()
        plan = [("put", self.put)] * 8 + [("get", self.get)] * 8 + [("list", self.list)] * 6
        plan += [("multipart", self.multipart)] * 2 + [("resource", self.resource)] * 4 + [("presigned", self.presigned)] * 4
        self.assertEqual(len(plan), THREADS)
        self.resources = {
            number: open_session().resource("s3", endpoint_url=ENDPOINT, config=self.CONFIG)
            for number, (kind, _) in enumerate(plan)
            if kind == "resource"
        }
        threads = [
            threading.Thread(target=self.work, args=(kind, action, number)) for number, (kind, action) in enumerate(plan)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"{sum(self.done.values())} pieces of work {self.done}, {len(self.keys)} sets of credentials of {LIFE} s")
        self.assertEqual(self.refused, [])
        self.assertGreaterEqual(len(self.keys), 6)
        for kind, count in self.done.items():
            self.assertGreater(count, 0, kind)

    def test_a_set_that_has_ended_is_refused_there(self):
        # Proof that the server enforces what the other test relies on.
        frozen = self.session.get_credentials().get_frozen_credentials()
        stale = boto3.session.Session(frozen.access_key, frozen.secret_key, frozen.token, "us-east-1").client(
            "s3", endpoint_url=ENDPOINT, config=self.CONFIG
        )
        stale.list_buckets()
        time.sleep(LIFE + 1)
        with self.assertRaisesRegex(stale.exceptions.ClientError, "AccessDenied"):
            stale.list_buckets()
        self.client.list_buckets()


if __name__ == "__main__":
    unittest.main(verbosity=2)
