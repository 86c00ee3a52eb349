"""Holds the names, hosts and signing regions of every service that botocore knows against botocore's own.

Usage: compare.py OURS

botocore's rule engine is asked for each service with a rule set, in regions of every partition, with and without FIPS
and dual-stack. A difference counts as known only if it fits one of the rows of DELIBERATE, each of which says why, and a
row that fits nothing in a run with the botocore it was written for is refused, too.
"""

import collections
import json
import os
import subprocess
import sys

for name in list(os.environ):
    if name.startswith("AWS_"):
        del os.environ[name]
os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true")

try:
    import botocore
    import botocore.endpoint_provider
    import botocore.exceptions
    import botocore.session
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-botocore)")
    sys.exit(77)

DEBIAN_BOTOCORE = "1.29.27"
REGIONS = ["us-east-1", "us-west-2", "eu-west-1", "ap-south-2", "cn-north-1", "cn-northwest-1", "us-gov-west-1",
           "us-gov-east-1", "us-iso-east-1", "us-isob-east-1"]

RETIRED = {"alexaforbusiness", "mobile", "sms-voice", "iot1click-devices", "iot1click-projects", "backupstorage",
           "iotfleethub", "iot-roborunner", "elastic-inference", "pinpoint-email", "privatenetworks",
           "applicationcostprofiler", "importexport"}

# Deliberate differences: name, reason, and what must hold for the case, our answer and botocore's.
DELIBERATE = [
    ("isolated partitions with flags",
     "botocore refuses FIPS or dual-stack, or gives the plain host, where its data of that time had none",
     lambda case, ours, theirs: "url" in ours and case["region"].startswith("us-iso")
     and (case["fips"] or case["dualstack"])),
    ("hosts without a region in them",
     "codecatalyst and resource-explorer-2 are at api.aws whatever the flags; name their endpoint by endpoint_url",
     lambda case, ours, theirs: case["service"] in ("codecatalyst", "resource-explorer-2")),
    ("SimpleDB in us-east-1",
     "sdb.amazonaws.com is the same place as the pattern's host",
     lambda case, ours, theirs: case["service"] == "sdb" and theirs.get("url") == "https://sdb.amazonaws.com/"),
    ("FIPS of S3 in China",
     "both refuse",
     lambda case, ours, theirs: "error" in ours and "error" in theirs),
    ("FIPS of IoT's data plane outside America",
     "neither host exists",
     lambda case, ours, theirs: case["service"] == "iot-data" and case["fips"]
     and not case["region"].startswith(("us-", "ca-"))),
    ("MediaConvert in China",
     "subscribe.mediaconvert is an older name that the later rule sets have no more",
     lambda case, ours, theirs: case["service"] == "mediaconvert" and case["region"] == "cn-northwest-1"),
    ("flags of global services",
     "the rule sets make host names of FIPS and dual-stack that do not exist for services with one host; the pattern's "
     "do not exist either",
     lambda case, ours, theirs: case["service"] in ("ce", "route53") and (case["fips"] or case["dualstack"])
     and ours.get("signing_region") == theirs.get("signing_region")),
]


def main():
    data = botocore.session.Session().get_component("data_loader")
    partitions = data.load_data("partitions")
    cases, models, rules = [], {}, {}
    for service in data.list_available_services("service-2"):
        if service in RETIRED:
            continue
        try:
            rule_set = data.load_service_model(service, "endpoint-rule-set-1")
        except botocore.exceptions.UnknownServiceError:
            continue
        rules[service] = botocore.endpoint_provider.EndpointProvider(rule_set, partitions)
        models[service] = data.load_service_model(service, "service-2")["metadata"]
        cases += [{"service": service, "region": region, "fips": fips, "dualstack": dualstack}
                  for region in REGIONS for fips in (False, True) for dualstack in (False, True)]

    def ask(case):
        try:
            endpoint = rules[case["service"]].resolve_endpoint(
                Region=case["region"], UseFIPS=case["fips"], UseDualStack=case["dualstack"])
        except (botocore.exceptions.BotoCoreError, ValueError) as error:
            return {"error": type(error).__name__}
        schemes = endpoint.properties.get("authSchemes", [])
        return {"url": endpoint.url.rstrip("/") + "/",
                "signing_region": next((each["signingRegion"] for each in schemes if "signingRegion" in each),
                                       case["region"])}

    answers = subprocess.run([sys.argv[1]], input="".join(json.dumps(case) + "\n" for case in cases), text=True,
                             stdout=subprocess.PIPE, check=True).stdout.splitlines()
    if len(answers) != len(cases) or len(models) < 200:
        print(f"we answered {len(answers)} of {len(cases)} cases of {len(models)} services")
        return 1
    failures = 0
    fitting = collections.Counter()
    named = set()
    for case, line in zip(cases, answers):
        ours = json.loads(line)
        model = models[case["service"]]
        names = {"id": model["serviceId"].lower().replace(" ", "_"),
                 "signing_name": model.get("signingName", model["endpointPrefix"])}
        if any(ours.pop(key) != value for key, value in names.items()) and case["service"] not in named:
            named.add(case["service"])
            failures += 1
            print(f"DIFFERENT names of {case['service']}: {names}")
        theirs = ask(case)
        if ours == theirs:
            continue
        row = next((name for name, _, fits in DELIBERATE if fits(case, ours, theirs)), None)
        fitting[row] += 1
        if row is None:
            failures += 1
            if failures <= 20:
                print(f"DIFFERENT {json.dumps(case)}\n--- ours\n{ours}\n--- botocore\n{theirs}\n")
    for name, reason, _ in DELIBERATE:
        print(f"{fitting[name]:5} deliberate: {name}: {reason}")
        if not fitting[name] and botocore.__version__.startswith(DEBIAN_BOTOCORE):
            print(f"the row '{name}' fits nothing: remove it")
            failures += 1
    print(f"{len(cases)} endpoints of {len(models)} services compared with botocore {botocore.__version__}: "
          f"{failures} different")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
