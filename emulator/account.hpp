#pragma once

#include "emulator/guarded.hpp"
#include "emulator/options.hpp"
#include "emulator/timestamps.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace aws_refresh_session::emulator {

enum class CallerKind { root, user, user_session, role_session };

/// Somebody whose signature was found right.
struct Caller {
  CallerKind kind = CallerKind::user;
  /// As GetCallerIdentity reports it.
  std::string arn;
  std::string user_id;
  /// `arn:aws:iam::ACCOUNT:role/NAME` of a role session; else the same as `arn`.
  std::string principal_arn;
  /// The session was opened with an MFA code.
  bool mfa = false;
  std::string source_identity;
  /// Tag keys that a chained session inherits and must not set again, in lower case.
  std::set<std::string> transitive_tag_keys;

  [[nodiscard]] bool temporary() const noexcept {
    return kind == CallerKind::user_session || kind == CallerKind::role_session;
  }
};

/// Keys and whose they are.
struct KeyRecord {
  Caller caller;
  std::string access_key_id;
  std::string secret_access_key;
  /// Empty for long-term keys.
  std::string token;
  /// When they end, exactly; none for long-term keys.
  std::optional<TimePoint> end;
};

/// What exists: users, roles, and the temporary credentials handed out. Thread-safe.
class Account {
 public:
  /// \throws std::invalid_argument for users, roles or an account number that AWS would not have
  explicit Account(const Options& options);

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] std::string role_arn(std::string_view name) const;

  void add_user(const User& user);
  void set_role(const Role& role);
  void remove_role(std::string_view name);
  [[nodiscard]] std::optional<Role> role(std::string_view name) const;

  [[nodiscard]] std::optional<KeyRecord> find(std::string_view access_key_id) const;
  /// New temporary credentials. The oldest are forgotten beyond 100,000.
  [[nodiscard]] KeyRecord issue(Caller caller, TimePoint end);
  bool expire(std::string_view access_key_id);
  void expire_all();

  /// `prefix` and 17 characters that depend on the account and the name alone.
  [[nodiscard]] std::string unique_id(std::string_view prefix, std::string_view name) const;

 private:
  struct Issued {
    std::unordered_map<std::string, KeyRecord> by_key;
    std::deque<std::string> in_order;
  };

  std::string id_;
  Guarded<std::map<std::string, KeyRecord, std::less<>>> users_;
  Guarded<std::map<std::string, Role, std::less<>>> roles_;
  Guarded<Issued> issued_;
};

}  // namespace aws_refresh_session::emulator
