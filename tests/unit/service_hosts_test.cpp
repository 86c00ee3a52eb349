#include "aws/service_hosts.hpp"

#include "aws/service_names.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace aws_refresh_session::aws {
namespace {

struct Row {
  std::string service;
  std::string region;
  bool fips;
  bool dualstack;
  std::string url;
  std::string signing_region;
};

TEST(ServiceHosts, EveryKindOfHostIsThatOfTheRules) {
  const std::vector<Row> rows{
      {"dynamodb", "eu-west-1", false, false, "https://dynamodb.eu-west-1.amazonaws.com/", "eu-west-1"},
      {"dynamodb", "eu-west-1", true, false, "https://dynamodb-fips.eu-west-1.amazonaws.com/", "eu-west-1"},
      {"dynamodb", "eu-west-1", true, true, "https://dynamodb-fips.eu-west-1.api.aws/", "eu-west-1"},
      {"lambda", "cn-north-1", false, true, "https://lambda.cn-north-1.api.amazonwebservices.com.cn/", "cn-north-1"},
      {"lambda", "eusc-de-east-1", false, false, "https://lambda.eusc-de-east-1.amazonaws.eu/", "eusc-de-east-1"},
      {"new-one", "xx-new-9", false, false, "https://new-one.xx-new-9.amazonaws.com/", "xx-new-9"},
      {"s3", "us-east-1", false, false, "https://s3.us-east-1.amazonaws.com/", "us-east-1"},
      {"s3", "aws-global", false, false, "https://s3.amazonaws.com/", "us-east-1"},
      {"s3", "eu-west-1", false, true, "https://s3.dualstack.eu-west-1.amazonaws.com/", "eu-west-1"},
      {"s3", "us-gov-west-1", true, true, "https://s3-fips.dualstack.us-gov-west-1.amazonaws.com/", "us-gov-west-1"},
      {"iam", "", false, false, "https://iam.amazonaws.com/", "us-east-1"},
      {"iam", "eu-west-1", false, false, "https://iam.amazonaws.com/", "us-east-1"},
      {"iam", "eu-west-1", true, false, "https://iam-fips.amazonaws.com/", "us-east-1"},
      {"iam", "cn-northwest-1", false, false, "https://iam.cn-north-1.amazonaws.com.cn/", "cn-north-1"},
      {"iam", "us-gov-east-1", false, false, "https://iam.us-gov.amazonaws.com/", "us-gov-west-1"},
      {"iam", "aws-global", false, false, "https://iam.amazonaws.com/", "us-east-1"},
      {"cloudfront", "ap-south-1", false, false, "https://cloudfront.amazonaws.com/", "us-east-1"},
      {"sts", "eu-west-1", false, false, "https://sts.eu-west-1.amazonaws.com/", "eu-west-1"},
      {"eks", "us-east-1", true, false, "https://fips.eks.us-east-1.amazonaws.com/", "us-east-1"},
      {"sqs", "us-gov-west-1", true, false, "https://sqs.us-gov-west-1.amazonaws.com/", "us-gov-west-1"},
      {"kms", "us-gov-west-1", true, false, "https://kms-fips.us-gov-west-1.amazonaws.com/", "us-gov-west-1"},
      {"kms", "fips-us-west-2", false, false, "https://kms-fips.us-west-2.amazonaws.com/", "us-west-2"},
  };
  for (const auto& row : rows) {
    const auto endpoint =
        host_of_service(row.service, {.region = row.region, .use_fips = row.fips, .use_dualstack = row.dualstack});
    EXPECT_EQ(endpoint.url, row.url) << row.service << " in " << row.region;
    EXPECT_EQ(endpoint.signing_region, row.signing_region) << row.service << " in " << row.region;
  }
}

TEST(ServiceHosts, WhatHasNoHostIsATypedError) {
  const auto code = [](const char* service, const char* region) -> std::string {
    try {
      static_cast<void>(host_of_service(service, {.region = region}));
      return {};
    } catch (const ConfigurationError& error) {
      return error.code();
    }
  };
  EXPECT_EQ(code("dynamodb", ""), "MissingRegion");
  EXPECT_EQ(code("sts", ""), "MissingRegion");
  EXPECT_EQ(code("dynamodb", "evil.example/"), "InvalidRegion");
  EXPECT_EQ(code("dynamodb", "aws-global"), "UnsupportedEndpoint");
}

TEST(ServiceNames, NamesOfBoto3LeadToHostSignatureAndSetting) {
  const auto cloudwatch = service_names("cloudwatch");
  EXPECT_EQ(cloudwatch.host_label, "monitoring");
  EXPECT_EQ(cloudwatch.signing_name, "monitoring");
  EXPECT_EQ(cloudwatch.id, "cloudwatch");
  const auto streams = service_names("dynamodbstreams");
  EXPECT_EQ(streams.host_label, "streams.dynamodb");
  EXPECT_EQ(streams.signing_name, "dynamodb");
  EXPECT_EQ(streams.id, "dynamodb_streams");
  const auto unknown = service_names("new-one");
  EXPECT_EQ(unknown.host_label, "new-one");
  EXPECT_EQ(unknown.signing_name, "new-one");
  EXPECT_EQ(unknown.id, "new_one");
}

}  // namespace
}  // namespace aws_refresh_session::aws
