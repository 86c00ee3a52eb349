#pragma once

#include <string_view>

namespace aws_refresh_session::aws {

/// A group of regions with host names and accounts of its own. Every partition has FIPS and dual-stack endpoints.
struct Partition {
  std::string_view id;
  std::string_view dns_suffix;
  std::string_view dual_stack_suffix;
  /// Where the sign-in service is below `REGION.`; empty where it is a service like any other.
  std::string_view signin_suffix;
};

/// The partition that a region's name belongs to, also for regions that came after this library; `aws` for a name that
/// fits none, as AWS's rules have it.
[[nodiscard]] const Partition& partition_of(std::string_view region) noexcept;

/// Names that AWS's data has beside the regions, for services without a region: `aws-global`, `aws-cn-global`, ...
[[nodiscard]] bool is_global_pseudo_region(std::string_view region) noexcept;

/// The regions that shared `sts.amazonaws.com` before there were regional endpoints. The list is closed.
[[nodiscard]] bool shares_legacy_global_sts(std::string_view region) noexcept;

}  // namespace aws_refresh_session::aws
