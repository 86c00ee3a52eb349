"""The Python peers' figures: lines `name value`. Nothing is printed where botocore is not installed."""
import datetime
import statistics
import sys
import time

try:
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials
except ImportError:
    sys.exit(0)


def median_of(rounds, count, call):
    """Nanoseconds per call, the median of some rounds."""
    times = []
    for _ in range(rounds):
        before = time.perf_counter_ns()
        for _ in range(count):
            call()
        times.append((time.perf_counter_ns() - before) / count)
    return statistics.median(times)


def read():
    expiry = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).isoformat()
    fields = {"access_key": "ASIA", "secret_key": "s" * 40, "token": "t" * 350, "expiry_time": expiry}
    credentials = botocore.credentials.RefreshableCredentials.create_from_metadata(fields, lambda: fields, "bench")
    print("botocore-frozen", median_of(5, 20_000, credentials.get_frozen_credentials))


def signing():
    credentials = botocore.credentials.Credentials("ASIA", "s" * 40, "t" * 350)
    signer = botocore.auth.S3SigV4Auth(credentials, "s3", "us-east-1")

    def sign():
        signer.add_auth(botocore.awsrequest.AWSRequest("GET", "https://bucket.s3.us-east-1.amazonaws.com/key?list-type=2"))

    print("botocore", median_of(5, 2_000, sign) / 1000)


{"read": read, "signing": signing}[sys.argv[1]]()
