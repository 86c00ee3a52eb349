// The emulator before independent clients: botocore signs, and reads the answers.

#include "emulator_client.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

namespace aws_refresh_session::emulator::testing {
namespace {

#ifdef SYSTEM_PYTHON

constexpr const char* kScript = R"PY(
import json, sys, urllib.request, urllib.error
try:
    import botocore.session, botocore.auth, botocore.awsrequest, botocore.credentials, botocore.exceptions
    from botocore.config import Config
except ImportError:
    print("SKIP")
    sys.exit(0)
url, role = sys.argv[1], sys.argv[2]

def sts(key="AKIAIOSFODNN7EXAMPLE", secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", token=None):
    return botocore.session.Session().create_client(
        "sts", "us-east-1", endpoint_url=url, aws_access_key_id=key, aws_secret_access_key=secret,
        aws_session_token=token, config=Config(parameter_validation=False, retries={"max_attempts": 0}))

def fails(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response
    raise SystemExit("no error")

me = sts().get_caller_identity()
assert me["Arn"] == "arn:aws:iam::123456789012:user/emulator", me["Arn"]
answer = sts().assume_role(RoleArn=role, RoleSessionName="boto@1", DurationSeconds=900, SourceIdentity="Ann",
                           Tags=[{"Key": "t \u00fc", "Value": "v+/="}], TransitiveTagKeys=["t \u00fc"],
                           Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
assert answer["AssumedRoleUser"]["Arn"].endswith("assumed-role/demo/boto@1")
assert answer["SourceIdentity"] == "Ann" and answer["PackedPolicySize"] > 0
assert (answer["Credentials"]["Expiration"].tzinfo is not None)
c = answer["Credentials"]
keys = (c["AccessKeyId"], c["SecretAccessKey"], c["SessionToken"])
assert sts(*keys).get_caller_identity()["UserId"].endswith(":boto@1")
assert sts().get_session_token(DurationSeconds=900)["Credentials"]["AccessKeyId"].startswith("ASIA")
for code, response in (
        ("AccessDenied", fails(sts().assume_role, RoleArn=role + "x", RoleSessionName="boto")),
        ("ValidationError", fails(sts().assume_role, RoleArn=role, RoleSessionName="x")),
        ("InvalidClientTokenId", fails(sts(key="AKIAX").get_caller_identity)),
        ("SignatureDoesNotMatch", fails(sts(secret="x").get_caller_identity)),
        ("InvalidClientTokenId", fails(sts(*keys[:2]).get_caller_identity))):
    assert response["Error"]["Code"] == code, response["Error"]
    assert response["ResponseMetadata"]["RequestId"]

good = botocore.credentials.Credentials(*keys)
paths = ["/resource", "/resource/a%20b", "/resource/a//b", "/resource/%C3%BC", "/resource/~x-_.",
         "/resource?b=2&a=1&a=0&c", "/resource/x?q=%2B%20%2F&empty=", "/resource/%2A%28%29"]
count = 0
for path in paths:
    for method, body in (("GET", None), ("PUT", b"some bytes"), ("HEAD", None)):
        for service, signer in (("s3", botocore.auth.S3SigV4Auth), ("execute-api", botocore.auth.SigV4Auth),
                                ("s3", botocore.auth.S3SigV4QueryAuth),
                                ("execute-api", botocore.auth.SigV4QueryAuth)):
            if body and "Query" in signer.__name__:
                continue  # botocore would move the body into the query
            request = botocore.awsrequest.AWSRequest(method, url + path, {"X-Note": "a%2Fb   c"}, body)
            signer(good, service, "eu-west-1").add_auth(request)
            prepared = request.prepare()
            sent = urllib.request.Request(prepared.url, data=body, headers=dict(prepared.headers), method=method)
            try:
                with urllib.request.urlopen(sent) as response:
                    assert response.status == 200
            except urllib.error.HTTPError as error:
                raise SystemExit("%s %s %s: %s %s" % (method, path, signer.__name__, error.code, error.read()))
            count += 1
print("OK %d" % count)
)PY";

TEST(EmulatorBotocore, SignsForAndUnderstandsTheEmulator) {
  Options options;
  const Emulator emulator{options};
  const auto path = ::testing::TempDir() + "emulator_botocore_" + std::to_string(emulator.port()) + ".py";
  std::FILE* script = std::fopen(path.c_str(), "w");
  ASSERT_NE(script, nullptr);
  std::fputs(kScript, script);
  std::fclose(script);
  const std::string command = std::string{"env -u AWS_PROFILE AWS_EC2_METADATA_DISABLED=true " SYSTEM_PYTHON " "} +
                              path + " " + emulator.endpoint_url() + " " + emulator.role_arn() + " 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string output;
  std::array<char, 4096> chunk{};
  while (std::fgets(chunk.data(), static_cast<int>(chunk.size()), pipe) != nullptr) {
    output += chunk.data();
  }
  const int status = ::pclose(pipe);
  static_cast<void>(std::remove(path.c_str()));
  if (output == "SKIP\n") {
    GTEST_SKIP() << "python3-botocore is not installed";
  }
  EXPECT_EQ(status, 0) << output;
  EXPECT_EQ(output, "OK 80\n");
}

#else

TEST(EmulatorBotocore, SignsForAndUnderstandsTheEmulator) {
  GTEST_SKIP() << "there is no python3";
}

#endif

}  // namespace
}  // namespace aws_refresh_session::emulator::testing
