// The S3 client of the AWS SDK for C++ (1.11 on), with the credentials of a role that never expire.
//
//     aws_sdk_s3 ROLE_ARN BUCKET [ENDPOINT]
//
// Makes the bucket, puts an object, lists. The role's call is signed with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
// AWS_SESSION_TOKEN; AWS_ENDPOINT_URL_STS points it at another STS, ENDPOINT the rest at another S3.

#include <aws_refresh_session/adapters/aws_sdk_cpp.hpp>
#include <aws_refresh_session/aws_refresh_session.hpp>

#include <aws/core/Aws.h>
#include <aws/core/utils/memory/stl/AWSStringStream.h>
#include <aws/s3/model/CreateBucketRequest.h>
#include <aws/s3/model/ListObjectsV2Request.h>
#include <aws/s3/model/PutObjectRequest.h>
#include <aws/s3/S3Client.h>
#include <aws/s3/S3ClientConfiguration.h>

#include <exception>
#include <iostream>
#include <string>

namespace ars = aws_refresh_session;
namespace s3 = Aws::S3;

namespace {

/// What the SDK says of an operation that failed, or nothing.
template <typename Outcome>
bool succeeded(const char* what, const Outcome& outcome) {
  if (!outcome.IsSuccess()) {
    std::cerr << what << ": " << outcome.GetError().GetExceptionName() << ": " << outcome.GetError().GetMessage()
              << '\n';
  }
  return outcome.IsSuccess();
}

int put_and_list(ars::RefreshableSession& session, const Aws::String& bucket, const std::string& endpoint) {
  s3::S3ClientConfiguration configuration;
  configuration.region = "us-east-1";
  if (!endpoint.empty()) {
    configuration.endpointOverride = endpoint.c_str();
    configuration.useVirtualAddressing = false;
  }
  // Made once for this key, and kept by the session.
  const auto client = session.client<s3::S3Client>(ars::keyed("s3 " + endpoint, configuration));

  s3::Model::CreateBucketRequest create;
  create.SetBucket(bucket);
  if (!succeeded("create", client->CreateBucket(create))) {
    return 1;
  }
  s3::Model::PutObjectRequest put;
  put.SetBucket(bucket);
  put.SetKey("greeting");
  put.SetBody(Aws::MakeShared<Aws::StringStream>("example", "hello"));
  if (!succeeded("put", client->PutObject(put))) {
    return 1;
  }
  s3::Model::ListObjectsV2Request list;
  list.SetBucket(bucket);
  const auto listed = client->ListObjectsV2(list);
  if (!succeeded("list", listed)) {
    return 1;
  }
  for (const auto& object : listed.GetResult().GetContents()) {
    std::cout << object.GetKey() << ": " << object.GetSize() << " bytes\n";
  }
  return 0;
}

int run(const std::string& role_arn, const std::string& bucket, const std::string& endpoint) {
  try {
    // Within InitAPI and ShutdownAPI, and with it all clients that the session keeps.
    ars::RefreshableSession session{ars::AssumeRoleOptions{.role_arn = role_arn}};
    return put_and_list(session, bucket.c_str(), endpoint);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}

}  // namespace

int main(int count, char* arguments[]) {
  if (count < 3 || count > 4) {
    std::cerr << "usage: aws_sdk_s3 ROLE_ARN BUCKET [ENDPOINT]\n";
    return 2;
  }
  const Aws::SDKOptions sdk{};
  Aws::InitAPI(sdk);
  const int status = run(arguments[1], arguments[2], count > 3 ? arguments[3] : "");
  Aws::ShutdownAPI(sdk);
  return status;
}
