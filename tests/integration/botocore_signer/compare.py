"""Signs thousands of generated requests with our signer and with botocore's, and compares every signature.

Usage: compare.py SIGNER [--count N] [--seed N]

Both sign the same request at the same instant. Our signer gets the URL in one of the many spellings that mean the same
on the wire (lower-case and needless escapes, characters that need none left raw, no path for `/`); botocore gets the spelling its own clients
send, because it takes the URL's escapes as they stand where a service decodes and encodes them again.

Not generated, because botocore reads them in a way of its own:
- a `Date` header (botocore then signs that and drops X-Amz-Date; we always send X-Amz-Date);
- a raw `+` in a query (a plus to us, a space to botocore's presigner, as it stands to its header signer);
- empty query pairs (`a&&b`: botocore signs `=`, services drop them);
- a body in a presigned request (botocore moves it into the query);
- a presigned request with the form content type (botocore drops the header);
- white space other than space and tab in a header (Python's str.split knows more of it).
botocore's presigner drops all but the first of a repeated key. For those requests its step that builds the query is
replaced by one that keeps them all; canonical request and signature stay botocore's.
"""

import argparse
import datetime
import json
import random
import subprocess
import sys
import urllib.parse

try:
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-botocore)")
    sys.exit(77)

UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
SEGMENTS = ["a", "b", "key", "", "", ".", "..", "with space", "star*", "til~de", "100%", "caf\u00e9", "\u1234", "\U0001f600",
            "x=y", "a+b", "semi;colon", "comma,", "at@", "co:lon", "quo'te", "(p)", "$dollar", "amp&", "hash#", "que?ry",
            "%2F", "%41", "..%2f", "-._~", "0" * 70]
KEYS = ["a", "A", "b", "list", "list-type", "prefix", "acl", "uploads", "key with space", "k\u00e9y", "X-Custom", "a-b",
        "a.b", "a~", "a*", "aa", "%", "x/y", "k=v"]
VALUES = ["", "1", "2", "10", "a b", "a/b", "a//b", "*", "~", "caf\u00e9", "\u1234", "=", "a=b", "&", "+", "%20", "%", ":",
          "arn:aws:iam::123456789012:role/x", "2026-01-01T00:00:00Z", "A", "a,b;c", "'q'", "\"", "[x]", "(y)!"]
HEADER_NAMES = ["X-Amz-Meta-A", "x-amz-meta-a", "X-Amz-Meta-Ab", "X-Amz-Meta-A-B", "Content-Type", "Content-MD5", "My-Header1",
                "my-header1", "My-Header", "Range", "Accept", "X-Amz-Target", "User-Agent", "Expect", "X-Amzn-Trace-Id",
                "If-Match"]
HEADER_VALUES = ["", "a", "b", "a   b", "  padded  ", "\ttab\t\tbed ", "a,b", "a, b", '"quo  ted"', "text/plain",
                 "bytes=0-9", "x" * 200, "application/json"]
SERVICES = ["s3", "s3", "s3", "sts", "iam", "execute-api", "dynamodb", "service", "iotdevicegateway"]
REGIONS = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "aws-global"]
HOSTS = ["example.amazonaws.com", "bucket.s3.amazonaws.com", "localhost:8080", "127.0.0.1:9000", "[::1]:8080",
         "example.com:443", "example.com:80", "sts.us-east-1.amazonaws.com"]


class FixedTime:
    """Stands in for the datetime module inside botocore.auth."""

    now = None

    class datetime(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return FixedTime.now


def quote(text, safe=""):
    return urllib.parse.quote(text, safe=safe + "~")


def respell(rng, encoded, raw):
    """The same percent-encoded text in another spelling: `raw` lists what may go unescaped."""
    out = []
    position = 0
    while position < len(encoded):
        if encoded[position] != "%":
            needless = encoded[position] in UNRESERVED and rng.random() < 0.02
            out.append(f"%{ord(encoded[position]):02X}" if needless else encoded[position])
            position += 1
            continue
        escape = encoded[position:position + 3]
        character = chr(int(escape[1:], 16))
        if character in raw and rng.random() < 0.5:
            out.append(character)
        else:
            out.append(escape.lower() if rng.random() < 0.3 else escape)
        position += 3
    return "".join(out)


def generate(rng):
    service = rng.choice(SERVICES)
    segments = [rng.choice(SEGMENTS) for _ in range(rng.randrange(0, 6))]
    path = "/" + "/".join(segments) if segments or rng.random() < 0.8 else ""
    encoded_path = quote(path, "/")
    pairs = [(rng.choice(KEYS), rng.choice(VALUES + [None, None, None])) for _ in range(rng.randrange(0, 6))]
    rng.shuffle(pairs)

    def query(spell):
        return "&".join(spell(quote(key)) + ("" if value is None else "=" + spell(quote(value))) for key, value in pairs)

    ours_path = encoded_path
    if service == "s3":
        ours_path = respell(rng, encoded_path, "!$'()*+,;=:@&")
    scheme = rng.choice(["http", "https"])
    origin = scheme + "://" + rng.choice(HOSTS)

    def url(path_text, query_text):
        return origin + path_text + ("?" + query_text if query_text else "")

    presign = rng.random() < 0.35
    headers = [[rng.choice(HEADER_NAMES), rng.choice(HEADER_VALUES)] for _ in range(rng.randrange(0, 7))]
    body = ""
    if not presign and rng.random() < 0.4:
        body = "".join(rng.choice("abc=&% \u00e9\u1234\n") for _ in range(rng.randrange(1, 300)))
    token = ""
    if rng.random() < 0.5:
        token = "".join(rng.choice(UNRESERVED + "/+=") for _ in range(rng.randrange(20, 400)))
    return {
        "method": rng.choice(["GET", "PUT", "POST", "HEAD", "DELETE"]),
        "url": url(ours_path, query(lambda text: respell(rng, text, "/:@!$'()*,;?"))),
        "botocore_url": url(encoded_path or "/", query(lambda text: text)),
        "headers": headers,
        "body": body,
        "access_key": rng.choice(["AKIDEXAMPLE", "ASIAIOSFODNN7EXAMPLE"]),
        "secret_key": rng.choice(["wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "k" * 80, "short"]),
        "token": token,
        "region": rng.choice(REGIONS),
        "service": service,
        "time": rng.randrange(1_400_000_000, 2_000_000_000),
        "expires": rng.choice([1, 300, 3600, 604800]) if presign else 0,
        "unsigned": not presign and scheme == "https" and rng.random() < 0.15,
        "repeats": len({key for key, _ in pairs}) < len(pairs),
    }


class ClientConfig:
    s3 = {"payload_signing_enabled": False}


def keep_repeated_keys(base):
    class KeepsRepeatedKeys(base):
        def _modify_request_before_signing(self, request):
            split = urllib.parse.urlsplit(request.url)
            request.url = urllib.parse.urlunsplit(split._replace(query=""))
            super()._modify_request_before_signing(request)
            if split.query:
                request.url = request.url.replace("?", "?" + split.query + "&", 1)

    return KeepsRepeatedKeys


def sign_with_botocore(case):
    s3 = case["service"] == "s3"
    credentials = Credentials(case["access_key"], case["secret_key"], case["token"] or None)
    request = AWSRequest(method=case["method"], url=case["botocore_url"], data=case["body"].encode())
    for name, value in case["headers"]:
        request.headers[name] = value
    if case["unsigned"]:
        request.context.update(payload_signing_enabled=False, client_config=ClientConfig())
    FixedTime.now = datetime.datetime.utcfromtimestamp(case["time"])
    arguments = [credentials, case["service"], case["region"]]
    if case["expires"]:
        kind = botocore.auth.S3SigV4QueryAuth if s3 else botocore.auth.SigV4QueryAuth
        if case["repeats"]:
            kind = keep_repeated_keys(kind)
        kind(*arguments, expires=case["expires"]).add_auth(request)
        return request.url, None
    auth = (botocore.auth.S3SigV4Auth if s3 else botocore.auth.SigV4Auth)(*arguments)
    auth.add_auth(request)
    authorization = request.headers["Authorization"]
    del request.headers["Authorization"]
    return authorization, auth.canonical_request(request)


def parameters(url):
    """What a presigned URL says, whatever its spelling and order."""
    return sorted(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query, keep_blank_values=True))


def main():
    arguments = argparse.ArgumentParser(description="Compares our signer with botocore's.")
    arguments.add_argument("signer")
    arguments.add_argument("--count", type=int, default=6000)
    arguments.add_argument("--seed", type=int, default=20150830)
    options = arguments.parse_args()

    botocore.auth.datetime = FixedTime
    rng = random.Random(options.seed)
    cases = [generate(rng) for _ in range(options.count)]
    answers = subprocess.run([options.signer], input="".join(json.dumps(case) + "\n" for case in cases), text=True,
                             stdout=subprocess.PIPE, check=True).stdout.splitlines()
    if len(answers) != len(cases):
        print(f"the signer answered {len(answers)} of {len(cases)} requests")
        return 1
    failures = 0
    counts = {"header": 0, "presigned": 0, "S3": 0, "session token": 0, "repeated keys": 0}
    for case, line in zip(cases, answers):
        ours = json.loads(line)
        theirs, canonical = sign_with_botocore(case)
        if case["expires"]:
            equal = parameters(ours["url"]) == parameters(theirs)
            shown = ours["url"]
        else:
            equal = ours["authorization"] == theirs and ours["canonical"] == canonical
            shown = f"{ours['authorization']}\n{ours['canonical']}"
        counts["presigned" if case["expires"] else "header"] += 1
        counts["S3"] += case["service"] == "s3"
        counts["session token"] += bool(case["token"])
        counts["repeated keys"] += case["repeats"]
        if not equal:
            failures += 1
            if failures <= 3:
                print(f"DIFFERENT {json.dumps(case)}\n--- ours\n{shown}\n--- botocore\n{theirs}\n{canonical or ''}\n")
    summary = ", ".join(f"{count} {name}" for name, count in counts.items())
    print(f"{len(cases)} requests compared with botocore {botocore.__version__}, seed {options.seed}: "
          f"{failures} different ({summary})")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
