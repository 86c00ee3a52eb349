"""Resolves generated profile files and environments with our command line and with botocore: both must come to the same
credentials, or both to none.

Usage: compare.py PROGRAM [--count N] [--seed N] [--show N]

STS is a stub whose answer is a function of the signer and of what was asked (stub_sts.py), so that the same credentials
mean the same chain of requests. Nothing else is reachable. What is different on purpose fits a row of DELIBERATE, which
says why; any other difference fails.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

HOME = tempfile.TemporaryDirectory(prefix="botocore_profiles_")
for name in list(os.environ):
    if name.startswith("AWS_") or name.lower().endswith("_proxy"):
        del os.environ[name]
os.environ["HOME"] = HOME.name  # botocore looks for caches below it when it is loaded

try:
    import botocore.session
    from botocore.config import Config
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-botocore)")
    sys.exit(77)

import generate
import stub_sts

class Outcome:
    """Of one case: what each side answered (None if it failed) and what it said."""

    def __init__(self, case, ours, theirs):
        self.tags = case.tags
        self.ours, self.our_reason = ours
        self.theirs, self.their_reason = theirs

    def we_alone(self, their_error):
        return self.ours and not self.theirs and self.their_reason.startswith(their_error)

    def they_alone(self, our_code):
        return self.theirs and not self.ours and f"(code='{our_code}'" in self.our_reason

    def has(self, *tags):
        return bool(self.tags & set(tags))


# Deliberate differences: name, reason, and what must hold.
DELIBERATE = [
    ("one unreadable line",
     "botocore refuses both files for one line in one of them, even if the environment has the keys; we need no file for "
     "the environment's keys, a key or profile that is there twice is merged, and a byte order mark is skipped",
     lambda it: it.we_alone("ConfigParseError")
     and it.has("environment: whole", "environment: temporary", "same key twice", "same profile twice", "both defaults",
                "byte order mark", "empty heading", "both defaults, other order")),
    ("half of the environment's keys",
     "a secret key without its id is a mistake that must not end in another identity; botocore looks no further than at "
     "the id",
     lambda it: it.they_alone("IncompleteCredentials") and it.has("environment: no id", "environment: blank id")),
    ("blank AWS_PROFILE",
     "a blank variable counts as unset, like any other here; botocore looks for a profile without a name",
     lambda it: it.we_alone("ProfileNotFound: The config profile ()") and it.has("chosen: blank")),
    ("AWS_PROFILE wins over AWS_DEFAULT_PROFILE",
     "AWS's reference knows AWS_PROFILE alone; in botocore the older name wins",
     lambda it: it.has("chosen: both variables")),
    ("missing profile beside whole keys",
     "the environment's keys come first and need no profile; botocore reads the profile before it looks at them",
     lambda it: it.we_alone("ProfileNotFound") and it.has("environment: whole", "environment: temporary")),
    ("both spellings of default",
     "[profile default] wins over [default] by AWS's rule; in botocore the last one does",
     lambda it: it.ours and it.theirs and it.has("both defaults", "both defaults, other order")),
    ("white space in a heading",
     "[ profile odd ] is [profile odd] by AWS's rule, which trims; botocore does not find it",
     lambda it: it.we_alone("ProfileNotFound") and it.has("spaces in a heading")),
    ("comment after a value",
     "a # or ; after white space starts a comment by AWS's rule; botocore makes it a part of the key",
     lambda it: it.ours and it.theirs and it.has("comment after a value") and it.theirs[0] == it.ours[0] + " # mine"),
    ("duration that is no number",
     "a mistake, said so; botocore leaves it out",
     lambda it: it.they_alone("InvalidProfile") and "duration_seconds" in it.our_reason
     and it.has("duration is no number")),
    ("colon for equals",
     "AWS's format knows `=` alone; botocore's parser is Python's",
     lambda it: it.they_alone("ConfigFileMalformed") and it.has("colon for equals")),
    ("indented first key",
     "an indented line continues the one before it, and there is none; botocore takes it for a key",
     lambda it: it.they_alone("ConfigFileMalformed") and it.has("indented first key")),
    ("blank half of a pair",
     "a blank key is a missing one; botocore would sign with nothing",
     lambda it: it.they_alone("InvalidProfile") and not all(it.theirs[:2])),
    ("a pair from two files",
     "the credentials file wins key by key, which would pair an id and a secret that do not belong together: refused; "
     "botocore does not merge the files",
     lambda it: it.they_alone("InvalidProfile") and "its two keys in different files" in it.our_reason
     and it.has("in both files")),
]


class Places:
    """Files of the test, below its home directory."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    def file(self, name, text):
        path = self.root / name
        path.write_text(text, encoding="utf-8", newline="")
        path.chmod(0o600)
        return str(path)


def run_ours(program, environment, profile):
    command = [program, "process"] + (["--profile", profile] if profile is not None else [])
    finished = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=20, check=False)
    if finished.returncode:
        if finished.returncode < 0 or finished.returncode > 3:
            raise RuntimeError(f"the program ended with {finished.returncode}")
        return None, finished.stderr.decode(errors="replace").strip()
    answer = json.loads(finished.stdout)
    return (answer["AccessKeyId"], answer["SecretAccessKey"], answer.get("SessionToken") or None), ""


def run_botocore(url, environment, profile):
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        session = botocore.session.Session(profile=profile)
        create = session.create_client

        def with_endpoint(service, **arguments):
            if service == "sts":
                arguments.update(endpoint_url=url, config=Config(retries={"max_attempts": 0}).merge(
                    arguments.get("config") or Config()))
            return create(service, **arguments)

        session.create_client = with_endpoint
        credentials = session.get_credentials()
        if credentials is None:
            return None, "no credentials"
        frozen = credentials.get_frozen_credentials()
        return (frozen.access_key, frozen.secret_key, frozen.token or None), ""
    except Exception as error:  # botocore's own and Python's: for a user of it both mean that there are none
        return None, f"{type(error).__name__}: {error}"
    finally:
        os.environ.clear()
        os.environ.update(before)


def main():
    arguments = argparse.ArgumentParser(description="Compares what profiles resolve to with botocore.")
    arguments.add_argument("program")
    arguments.add_argument("--count", type=int, default=600)
    arguments.add_argument("--seed", type=int, default=20061025)
    arguments.add_argument("--show", type=int, default=5)
    options = arguments.parse_args()

    sts = stub_sts.StubSts()
    places = Places(HOME.name)
    generator = generate.Generator(random.Random(options.seed), places, stub_sts.secret_of, stub_sts.token_of)
    failures = 0
    fitting = collections.Counter()
    outcomes = collections.Counter()
    for number in range(options.count):
        case = generator.case()
        environment = {"PATH": "/usr/bin:/bin", "HOME": HOME.name, "AWS_EC2_METADATA_DISABLED": "true",
                       "AWS_DEFAULT_REGION": "us-east-1", "AWS_CONFIG_FILE": places.file("config", case.config),
                       "AWS_SHARED_CREDENTIALS_FILE": places.file("credentials", case.credentials), **case.environment}
        ours, our_reason = run_ours(options.program, {**environment, "AWS_ENDPOINT_URL_STS": sts.url}, case.profile)
        theirs, their_reason = run_botocore(sts.url, environment, case.profile)
        outcomes["the same" if ours == theirs and ours else "both fail" if ours == theirs else "different"] += 1
        if ours and ours[1] != stub_sts.secret_of(ours[0]):
            failures += 1
            print(f"case {number}: our id and secret do not belong together: {case}".replace("SECRETCANARY", "..."))
        if ours == theirs:
            continue
        it = Outcome(case, (ours, our_reason), (theirs, their_reason))
        row = next((name for name, _, holds in DELIBERATE if holds(it)), None)
        fitting[row] += 1
        if row is None:
            failures += 1
            if failures <= options.show:
                # Access keys only: this goes into logs.
                print(f"DIFFERENT case {number}: {case}".replace("SECRETCANARY", "..."))
                print(f"--- ours: {ours and ours[0]} {our_reason}\n--- botocore: {theirs and theirs[0]} {their_reason}\n")
    for name, reason, _ in DELIBERATE:
        print(f"{fitting[name]:5} deliberate: {name}: {reason}")
    print(f"{options.count} cases compared with botocore {botocore.__version__}, seed {options.seed}: {dict(outcomes)}, "
          f"{dict(sts.seen)} requests; {failures} different without a reason")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
