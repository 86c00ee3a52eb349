#pragma once

#include <string>
#include <string_view>

/// Answers as STS servers write them.
namespace aws_refresh_session::support {

inline constexpr std::string_view kSecretOfAnswer = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYANSWERKEY";
inline constexpr std::string_view kTokenOfAnswer = "FwoGZXIvYXdzEANSWERTOKEN//////////wEaDJ+tok==";

/// The shape of AWS.
inline std::string assume_role_answer(std::string_view expiration = "2026-01-01T01:00:00Z",
                                      std::string_view key_id = "ASIAANSWER", std::string_view secret = kSecretOfAnswer,
                                      std::string_view token = kTokenOfAnswer) {
  std::string text = R"(<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <SourceIdentity>alice</SourceIdentity>
    <AssumedRoleUser>
      <Arn>arn:aws:sts::123456789012:assumed-role/app/session</Arn>
      <AssumedRoleId>AROA:session</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>)";
  text.append(key_id).append("</AccessKeyId>\n      <SecretAccessKey>").append(secret);
  text.append("</SecretAccessKey>\n      <SessionToken>").append(token);
  text.append("</SessionToken>\n      <Expiration>").append(expiration);
  return text.append(R"(</Expiration>
    </Credentials>
    <PackedPolicySize>6</PackedPolicySize>
  </AssumeRoleResult>
  <ResponseMetadata><RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ResponseMetadata>
</AssumeRoleResponse>)");
}

/// The shape of radosgw 16: no namespace, no metadata, nanoseconds.
inline std::string radosgw_assume_role_answer() {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>"
         "RGWKEY</AccessKeyId><Expiration>2026-01-01T00:00:03.123456789Z</Expiration><SecretAccessKey>RGWSECRET"
         "</SecretAccessKey><SessionToken>RGWTOKEN</SessionToken></Credentials><AssumedRoleUser><Arn>"
         "arn:aws:sts::123456789012:assumed-role/app/cc</Arn><AssumeRoleId>x:cc</AssumeRoleId></AssumedRoleUser>"
         "<PackedPolicySize>0</PackedPolicySize></AssumeRoleResult></AssumeRoleResponse>";
}

inline std::string caller_identity_answer() {
  return R"(<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
    <Arn>arn:aws:sts::123456789012:assumed-role/app/session</Arn><UserId>AROA:session</UserId>
    <Account>123456789012</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId>
    </ResponseMetadata></GetCallerIdentityResponse>)";
}

inline std::string error_answer(std::string_view code, std::string_view message = "No.") {
  std::string text =
      "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>";
  text.append(code).append("</Code><Message>").append(message);
  return text.append("</Message></Error><RequestId>request-1</RequestId></ErrorResponse>");
}

/// The shape of radosgw: a top-level error, mostly without words.
inline std::string radosgw_error_answer(std::string_view code) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>";
  text.append(code);
  return text.append(
      "</Code><Message></Message><RequestId>tx0001</RequestId><HostId>1-default-default</HostId></Error>");
}

}  // namespace aws_refresh_session::support
