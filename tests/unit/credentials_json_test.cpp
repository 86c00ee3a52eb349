#include "providers/credentials_json.hpp"

#include "secret_registry.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace aws_refresh_session::providers {
namespace {

using nlohmann::json;

const std::string kSecret = "SECRETCANARY/secret+key";
const std::string kToken = "SECRETCANARYtoken==";

json served() {
  return {{"AccessKeyId", "ASIAJSON"},
          {"SecretAccessKey", kSecret},
          {"Token", kToken},
          {"Expiration", "2026-01-01T01:00:00Z"}};
}

json process() {
  return {{"Version", 1}, {"AccessKeyId", "ASIAJSON"}, {"SecretAccessKey", kSecret}, {"SessionToken", kToken}};
}

/// The document with one field replaced; a discarded value removes it.
json with(json document, const std::string& field, const json& value) {
  if (value.is_discarded()) {
    document.erase(field);
  } else {
    document[field] = value;
  }
  return document;
}
const json kRemoved(json::value_t::discarded);

ErrorFields refusal(const std::string& text, CredentialsJson form) {
  try {
    static_cast<void>(parse_credentials_json(text, form, "source", "Malformed"));
  } catch (const CredentialError& error) {
    EXPECT_TRUE(std::string{error.what()}.find(testing::kCanary) == std::string::npos);
    EXPECT_EQ(error.code(), "Malformed");
    return error.fields();
  }
  ADD_FAILURE() << "it was taken";
  return {};
}

TEST(CredentialsJson, AServedSetIsReadWhole) {
  const auto set = parse_credentials_json(with(served(), "AccountId", "123456789012").dump(), CredentialsJson::served,
                                          "source", "M");
  EXPECT_EQ(set.access_key_id(), "ASIAJSON");
  EXPECT_TRUE(set.secret_access_key().reveal() == kSecret);
  EXPECT_TRUE(set.session_token().reveal() == kToken);
  EXPECT_EQ(set.expiration(), WallTime{std::chrono::seconds{1'767'229'200}});
  EXPECT_EQ(set.account_id(), "123456789012");
  EXPECT_EQ(set.provider_name(), "source");
}

TEST(CredentialsJson, WhatMayBeMissingMayBeMissing) {
  const std::vector<std::pair<json, CredentialsJson>> taken{
      {with(served(), "Expiration", kRemoved), CredentialsJson::served},
      {with(served(), "Expiration", nullptr), CredentialsJson::served},
      {with(served(), "Expiration", ""), CredentialsJson::served},
      {with(served(), "Expiration", "2026-01-01 01:00:00.123456789+01:00"), CredentialsJson::served},
      {with(served(), "AccountId", nullptr), CredentialsJson::served},
      {with(served(), "SomethingNew", json::array({1, "two"})), CredentialsJson::served},
      {with(served(), "SecretAccessKey", kSecret + " \xC3\xA9"), CredentialsJson::served},
      {process(), CredentialsJson::process},
      {with(process(), "SessionToken", kRemoved), CredentialsJson::process},
      {with(process(), "SessionToken", ""), CredentialsJson::process},
  };
  for (const auto& [document, form] : taken) {
    EXPECT_NO_THROW(static_cast<void>(parse_credentials_json(document.dump(), form, "s", "M")));
  }
}

TEST(CredentialsJson, TheTokenOfOneFormIsNotThatOfTheOther) {
  EXPECT_EQ(refusal(with(process(), "Version", 1).dump(), CredentialsJson::served).param, "Token");
  const auto set = parse_credentials_json(with(served(), "Version", 1).dump(), CredentialsJson::process, "s", "M");
  EXPECT_TRUE(set.session_token().empty());
}

TEST(CredentialsJson, WhatCannotBeUsedNamesItsFieldAndNothingElse) {
  struct Case {
    std::string field;
    json value;
  };
  const std::vector<Case> cases{
      {"AccessKeyId", kRemoved},
      {"AccessKeyId", nullptr},
      {"AccessKeyId", ""},
      {"AccessKeyId", "  "},
      {"AccessKeyId", 12},
      {"AccessKeyId", "SECRETCANARY\r\nX-Evil: 1"},
      {"AccessKeyId", "SECRETCANARY\xC3\xA9"},
      {"SecretAccessKey", kRemoved},
      {"SecretAccessKey", json::array({kSecret})},
      {"SecretAccessKey", kSecret + "\n"},
      {"Token", kRemoved},
      {"Token", ""},
      {"Token", "SECRETCANARY token"},
      {"Token", std::string{"SECRETCANARY\0x", 14}},
      {"Expiration", 1'767'229'200},
      {"Expiration", "SECRETCANARY"},
      {"Expiration", "2026-01-01T01:00:00"},
      {"Expiration", "  "},
      {"AccountId", 123'456'789'012},
      {"AccountId", "123456789012\x1b[2J"},
  };
  for (const auto& each : cases) {
    const auto fields = refusal(with(served(), each.field, each.value).dump(), CredentialsJson::served);
    EXPECT_EQ(fields.param, each.field);
    EXPECT_EQ(fields.kind, ErrorKind::recoverable);
  }
  for (const auto& version : {kRemoved, json(2), json("1"), json(nullptr), json(true)}) {
    const auto fields = refusal(with(process(), "Version", version).dump(), CredentialsJson::process);
    EXPECT_EQ(fields.param, "Version");
    EXPECT_EQ(fields.kind, ErrorKind::non_recoverable);
  }
}

TEST(CredentialsJson, WhatIsNoJsonObjectIsRefused) {
  const auto whole = served().dump();
  for (const auto& text : {std::string{}, std::string{"null"}, std::string{"[]"}, std::string{"<html>SECRETCANARY"},
                           whole.substr(0, whole.size() / 2), whole + "x", std::string{"\"SECRETCANARY\""},
                           std::string(40, '{'), std::string(std::size_t{2} << 20U, ' ')}) {
    EXPECT_TRUE(refusal(text, CredentialsJson::served).param.empty());
  }
}

}  // namespace
}  // namespace aws_refresh_session::providers
