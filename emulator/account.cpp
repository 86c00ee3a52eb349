#include "emulator/account.hpp"

#include "emulator/digest.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace aws_refresh_session::emulator {
namespace {

constexpr std::size_t kMostIssued = 100'000;
constexpr std::size_t kTokenLength = 356;
constexpr std::string_view kDigits = "0123456789";

void require(bool good, const std::string& message) {
  if (!good) {
    throw std::invalid_argument(message);
  }
}

}  // namespace

Account::Account(const Options& options) : id_(options.account) {
  require(id_.size() == 12 && id_.find_first_not_of(kDigits) == std::string::npos,
          "the account must be a number of twelve digits");
  for (const auto& user : options.users) {
    add_user(user);
  }
  for (const auto& role : options.roles) {
    set_role(role);
  }
}

std::string Account::role_arn(std::string_view name) const {
  return fmt::format("arn:aws:iam::{}:role/{}", id_, name);
}

std::string Account::unique_id(std::string_view prefix, std::string_view name) const {
  const std::string hash = hmac_sha256(id_, fmt::format("{}/{}", prefix, name));
  std::string text{prefix};
  for (std::size_t i = 0; i < 17; ++i) {
    text += kBase32Alphabet[static_cast<unsigned char>(hash[i]) % kBase32Alphabet.size()];
  }
  return text;
}

void Account::add_user(const User& user) {
  require(!user.access_key_id.empty() && !user.secret_access_key.empty(), "a user needs both keys");
  require(user.access_key_id.find_first_of("/,= \r\n") == std::string::npos, "an access key id is letters and digits");
  KeyRecord record;
  record.access_key_id = user.access_key_id;
  record.secret_access_key = user.secret_access_key;
  Caller& caller = record.caller;
  caller.kind = user.name.empty() ? CallerKind::root : CallerKind::user;
  caller.arn = user.name.empty() ? fmt::format("arn:aws:iam::{}:root", id_)
                                 : fmt::format("arn:aws:iam::{}:user/{}", id_, user.name);
  caller.user_id = user.name.empty() ? id_ : unique_id("AIDA", user.name);
  caller.principal_arn = caller.arn;
  users_.with([&](auto& users) { users.insert_or_assign(record.access_key_id, record); });
}

void Account::set_role(const Role& role) {
  require(!role.name.empty() && role.name.size() <= 64, "a role's name has 1 to 64 characters");
  require(role.min_duration >= std::chrono::seconds{1}, "a role's shortest duration is one second");
  require(role.max_duration >= role.min_duration, "a role's longest duration must not be below its shortest");
  require(role.default_duration >= std::chrono::seconds{1}, "a role's default duration must be positive");
  roles_.with([&](auto& roles) { roles.insert_or_assign(role.name, role); });
}

void Account::remove_role(std::string_view name) {
  roles_.with([name](auto& roles) {
    if (const auto found = roles.find(name); found != roles.end()) {
      roles.erase(found);
    }
  });
}

std::optional<Role> Account::role(std::string_view name) const {
  return roles_.with([name](const auto& roles) {
    const auto found = roles.find(name);
    return found == roles.end() ? std::nullopt : std::optional{found->second};
  });
}

std::optional<KeyRecord> Account::find(std::string_view access_key_id) const {
  auto temporary = issued_.with([&](const Issued& issued) {
    const auto found = issued.by_key.find(std::string{access_key_id});
    return found == issued.by_key.end() ? std::nullopt : std::optional{found->second};
  });
  if (temporary) {
    return temporary;
  }
  return users_.with([&](const auto& users) {
    const auto found = users.find(access_key_id);
    return found == users.end() ? std::nullopt : std::optional{found->second};
  });
}

KeyRecord Account::issue(Caller caller, TimePoint end) {
  KeyRecord record;
  record.caller = std::move(caller);
  record.access_key_id = "ASIA" + random_text(16, kBase32Alphabet);
  record.secret_access_key = random_text(40, kBase64Alphabet);
  record.token = "IQoJb3JpZ2luX2Vj" + random_text(kTokenLength - 16, kBase64Alphabet) + "==";
  record.end = end;
  issued_.with([&](Issued& issued) {
    issued.by_key.insert_or_assign(record.access_key_id, record);
    issued.in_order.push_back(record.access_key_id);
    if (issued.in_order.size() > kMostIssued) {
      issued.by_key.erase(issued.in_order.front());
      issued.in_order.pop_front();
    }
  });
  return record;
}

bool Account::expire(std::string_view access_key_id) {
  return issued_.with([&](Issued& issued) {
    const auto found = issued.by_key.find(std::string{access_key_id});
    if (found == issued.by_key.end()) {
      return false;
    }
    found->second.end = TimePoint::min();
    return true;
  });
}

void Account::expire_all() {
  issued_.with([](Issued& issued) {
    for (auto& [key, record] : issued.by_key) {
      record.end = TimePoint::min();
    }
  });
}

}  // namespace aws_refresh_session::emulator
