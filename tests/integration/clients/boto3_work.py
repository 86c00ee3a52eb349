"""Puts and gets objects by boto3's default credentials until the time is over. usage: boto3_work.py SECONDS NAME"""

import json
import os
import sys
import time

import boto3
from botocore.config import Config

seconds, name = float(sys.argv[1]), sys.argv[2]
session = boto3.session.Session(region_name="us-east-1")
# One attempt: a refused request must not be mended by a retry.
client = session.client("s3", endpoint_url=os.environ["RGW_ENDPOINT"], config=Config(
    retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, signature_version="s3v4"))
end = time.monotonic() + seconds
keys = set()
done = 0
while time.monotonic() < end:
    client.put_object(Bucket="bucket", Key=f"boto3/{name}", Body=b"%d" % done)
    body = client.get_object(Bucket="bucket", Key=f"boto3/{name}")["Body"].read()
    assert body == b"%d" % done, body
    keys.add(session.get_credentials().access_key)
    done += 1
    time.sleep(0.1)
print(json.dumps({"done": done, "keys": len(keys)}))
