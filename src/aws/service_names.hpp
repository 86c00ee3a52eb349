#pragma once

#include <string>
#include <string_view>

namespace aws_refresh_session::aws {

/// What a service is called, and where.
struct ServiceNames {
  /// In its host names: `monitoring`.
  std::string host_label;
  /// In a signature's scope.
  std::string signing_name;
  /// In AWS_ENDPOINT_URL_<SERVICE> and the `services` section, in lower case: `cloudwatch`.
  std::string id;
};

/// The names of a service, which is given by the name that boto3 and the AWS CLI have for it: `s3`, `cloudwatch`,
/// `stepfunctions`. One that is not known is called the same everywhere.
[[nodiscard]] ServiceNames service_names(std::string_view service);

}  // namespace aws_refresh_session::aws
