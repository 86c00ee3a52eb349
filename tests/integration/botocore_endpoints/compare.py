"""Holds our endpoints and signing regions against botocore's, for every region that botocore knows in every partition
and for regions that nobody knows yet.

Usage: compare.py OURS [--seed N]

For STS botocore makes a client for each combination and a request with it, which is caught before it is sent. For SSO,
its OIDC and sign-in (where this botocore has it) botocore's rule engine is asked. Partitions and rules have changed
since: a difference counts as known only if it fits one of the rows of DELIBERATE, each of which says why, and a row that
fits nothing in a run with the botocore it was written for is refused, too.
"""

import argparse
import collections
import json
import os
import random
import re
import subprocess
import sys

for name in list(os.environ):
    if name.startswith("AWS_"):
        del os.environ[name]
os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true")

try:
    import botocore
    import botocore.awsrequest
    import botocore.endpoint_provider
    import botocore.exceptions
    import botocore.session
    from botocore.config import Config
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-botocore)")
    sys.exit(77)

DEBIAN_BOTOCORE = "1.29.27"
LATER_PARTITIONS = r"(us-isof|eu-isoe|eusc-de)-\w+-\d+"

# Deliberate differences: name, reason, and what must hold for the case, our answer and botocore's.
DELIBERATE = [
    ("global pseudo region",
     "aws-global has a host only for STS, and only without FIPS and dual-stack; aws-cn-global and its kin have none. "
     "The published rules make the name of a host that does not exist; we refuse",
     lambda case, ours, theirs: case["plain_region"].endswith("-global") and ours == {"error": "UnsupportedEndpoint"}),
    ("partition is newer",
     "this botocore has never heard of the partition and takes the region for one of partition aws",
     lambda case, ours, theirs: case["partition"] == "unknown here" and "url" in ours
     and re.search(r"\.(amazonaws\.com|api\.aws)/$", theirs.get("url", ""))
     and ours["signing_region"] == theirs["signing_region"]),
    ("dual-stack in the isolated partitions",
     "their dual-stack domains came later; botocore refuses, or still asks its older data first, and refuses",
     lambda case, ours, theirs: case["dualstack"] and case["partition"].startswith("aws-iso")
     and "error" in theirs and "url" in ours),
    ("FIPS of SSO in GovCloud",
     "AWS's rules have said since that every endpoint of GovCloud is one with FIPS, as for STS",
     lambda case, ours, theirs: case["wants_fips"] and not case["dualstack"]
     and case["partition"] == "aws-us-gov" and case["service"] in ("sso", "sso-oidc") and theirs.get("url") == ours["url"].replace(".us-", "-fips.us-")),
]


class Sent(Exception):
    """Holds the request that botocore was about to send."""


def session_with(sts_regional_endpoints):
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "SECRETCANARY/endpoints")
    session.set_config_variable("sts_regional_endpoints", sts_regional_endpoints)
    return session


SESSIONS = {True: session_with("legacy"), False: session_with("regional")}
DATA = botocore.session.Session().get_component("data_loader")
RULES = {}


def ask_client(case):
    client = SESSIONS[case["legacy"]].create_client(
        "sts", region_name=case["region"],
        config=Config(use_fips_endpoint=case["fips"], use_dualstack_endpoint=case["dualstack"]))
    sent = []

    def catch(request, **_):
        sent.append(request)
        return botocore.awsrequest.AWSResponse(request.url, 200, {}, None)

    def answer(**_):
        raise Sent

    client.meta.events.register_first("before-send.sts", catch)
    client.meta.events.register_first("response-received.sts", answer)
    try:
        client.get_caller_identity()
    except Exception:
        if not sent:
            raise
    scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/sts/", sent[0].headers["Authorization"].decode())
    return {"url": sent[0].url, "signing_region": scope.group(1)}


def ask_rules(case):
    service = case["service"]
    if service not in RULES:
        RULES[service] = botocore.endpoint_provider.EndpointProvider(
            DATA.load_service_model(service, "endpoint-rule-set-1"), DATA.load_data("partitions"))
    endpoint = RULES[service].resolve_endpoint(
        Region=case["plain_region"], UseFIPS=case["wants_fips"], UseDualStack=case["dualstack"])
    return {"url": endpoint.url.rstrip("/") + "/", "signing_region": case["plain_region"]}


def botocore_answer(case):
    try:
        return ask_client(case) if case["service"] == "sts" else ask_rules(case)
    except (botocore.exceptions.BotoCoreError, ValueError) as error:
        return {"error": type(error).__name__}


def known_regions():
    regions = set()
    for partition in DATA.load_data("partitions")["partitions"]:
        regions.update(partition["regions"])
    for partition in DATA.load_data("endpoints")["partitions"]:
        regions.update(partition["regions"])
        regions.update(partition["services"].get("sts", {}).get("endpoints", {}))
    return sorted(regions)


def unknown_regions(rng):
    prefixes = ["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx", "cn", "us-gov", "us-iso", "us-isob", "us-isof",
                "eu-isoe", "eusc-de", "eusc-fr", "mars", "xx-yy"]
    words = ["north", "south", "west", "east", "central", "northwest", "moon", "a", "1"]
    regions = {f"{rng.choice(prefixes)}-{rng.choice(words)}-{rng.randrange(1, 120)}" for _ in range(220)}
    names = sorted(regions)
    regions.update("fips-" + name for name in names[::12])
    regions.update(name + "-fips" for name in names[::15])
    regions.update(["RegionOne", "localhost", "us", "cn", "us-east", "cn-north", "us-east-1a", "cn-north-1a", "us-gov-west",
                    "us-east-1-1", "cn-north-1-1", "US-EAST-1", "a", "x" * 63, "us--1", "cn--1", "a1", "us-gov",
                    "cn-north-x", "eu-isoe-west-x"])
    return sorted(regions)


def describe(service, region, fips, dualstack, legacy):
    plain = region.replace("fips-", "").replace("-fips", "")
    partition = "aws"
    for each in DATA.load_data("partitions")["partitions"]:
        if plain in each["regions"] or re.search(each["regionRegex"], plain):
            partition = each["id"]
            break
    else:
        if re.fullmatch(LATER_PARTITIONS, plain):
            partition = "unknown here"
    return {"service": service, "region": region, "plain_region": plain, "partition": partition, "fips": fips,
            "wants_fips": fips or plain != region, "dualstack": dualstack, "legacy": legacy}


def main():
    arguments = argparse.ArgumentParser(description="Compares our endpoints with botocore's.")
    arguments.add_argument("ours")
    arguments.add_argument("--seed", type=int, default=20110615)
    options = arguments.parse_args()

    services = ["sso", "sso-oidc"] + (["signin"] if "signin" in DATA.list_available_services("service-2") else [])
    regions = known_regions() + unknown_regions(random.Random(options.seed))
    flags = [False, True]
    cases = [describe("sts", region, fips, dualstack, legacy)
             for region in regions for fips in flags for dualstack in flags for legacy in flags]
    cases += [describe(service, region, fips, dualstack, False)
              for service in services for region in regions for fips in flags for dualstack in flags]
    answers = subprocess.run([options.ours], input="".join(json.dumps(case) + "\n" for case in cases), text=True,
                             stdout=subprocess.PIPE, check=True).stdout.splitlines()
    if len(answers) != len(cases):
        print(f"we answered {len(answers)} of {len(cases)} cases")
        return 1
    failures = 0
    fitting = collections.Counter()
    for case, line in zip(cases, answers):
        ours = json.loads(line)
        theirs = botocore_answer(case)
        if ours == theirs:
            continue
        row = next((name for name, _, fits in DELIBERATE if fits(case, ours, theirs)), None)
        fitting[row] += 1
        if row is None:
            failures += 1
            if failures <= 10:
                print(f"DIFFERENT {json.dumps(case)}\n--- ours\n{ours}\n--- botocore\n{theirs}\n")
    for name, reason, _ in DELIBERATE:
        print(f"{fitting[name]:5} deliberate: {name}: {reason}")
        if not fitting[name] and botocore.__version__.startswith(DEBIAN_BOTOCORE):
            print(f"the row '{name}' fits nothing: remove it")
            failures += 1
    print(f"{len(cases)} endpoints of {len(regions)} regions compared with botocore {botocore.__version__}, "
          f"seed {options.seed}: {failures} different")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
