#include "aws/partitions.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace aws_refresh_session::aws {
namespace {

// Facts of this file: the partitions.json that AWS ships with its SDKs (botocore 1.43,
// https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json), and the endpoint rule sets beside it.
constexpr std::array kPartitions{
    Partition{"aws", "amazonaws.com", "api.aws", "signin.aws.amazon.com"},
    Partition{"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "signin.amazonaws.cn"},
    Partition{"aws-us-gov", "amazonaws.com", "api.aws", "signin.amazonaws-us-gov.com"},
    Partition{"aws-iso", "c2s.ic.gov", "api.aws.ic.gov", ""},
    Partition{"aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", ""},
    Partition{"aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", ""},
    Partition{"aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", ""},
    Partition{"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", ""},
};

struct Prefix {
  std::string_view text;
  std::size_t partition;
};

// What stands before `-WORD-DIGITS` in the partitions' regular expressions. Those of `aws` need none: what fits nothing
// else is `aws`.
constexpr std::array kPrefixes{
    Prefix{"cn", 1},      Prefix{"us-gov", 2},  Prefix{"us-iso", 3},  Prefix{"us-isob", 4},
    Prefix{"eu-isoe", 5}, Prefix{"us-isof", 6}, Prefix{"eusc-de", 7},
};

constexpr std::array<std::string_view, 15> kLegacyGlobalSts{
    "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1",   "eu-north-1", "eu-west-1",      "eu-west-2",      "eu-west-3",
    "sa-east-1",      "us-east-1",  "us-east-2",      "us-west-1",      "us-west-2"};

/// `-WORD-DIGITS`, the end of every region's name.
bool is_word_and_number(std::string_view text) noexcept {
  if (!text.starts_with('-')) {
    return false;
  }
  text.remove_prefix(1);
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash + 1 == text.size()) {
    return false;
  }
  const auto digits = text.substr(dash + 1);
  return std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
}

constexpr std::string_view kGlobal = "-global";

}  // namespace

const Partition& partition_of(std::string_view region) noexcept {
  if (region.ends_with(kGlobal)) {
    const auto id = region.substr(0, region.size() - kGlobal.size());
    const auto named =
        std::find_if(kPartitions.begin(), kPartitions.end(), [&](const Partition& each) { return each.id == id; });
    return named == kPartitions.end() ? kPartitions.front() : *named;
  }
  const auto prefix = std::find_if(kPrefixes.begin(), kPrefixes.end(), [&](const Prefix& each) {
    return region.starts_with(each.text) && is_word_and_number(region.substr(each.text.size()));
  });
  return prefix == kPrefixes.end() ? kPartitions.front() : kPartitions.at(prefix->partition);
}

bool is_global_pseudo_region(std::string_view region) noexcept {
  return region.ends_with(kGlobal) && std::any_of(kPartitions.begin(), kPartitions.end(), [&](const Partition& each) {
           return region.size() == each.id.size() + kGlobal.size() && region.starts_with(each.id);
         });
}

bool shares_legacy_global_sts(std::string_view region) noexcept {
  return std::find(kLegacyGlobalSts.begin(), kLegacyGlobalSts.end(), region) != kLegacyGlobalSts.end();
}

}  // namespace aws_refresh_session::aws
