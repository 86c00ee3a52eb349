#include "providers/profile.hpp"

#include "providers/assume_role.hpp"
#include "providers/client_settings.hpp"

#include <aws_refresh_session/exceptions.hpp>
#include <aws_refresh_session/providers/container.hpp>
#include <aws_refresh_session/providers/imds.hpp>
#include <aws_refresh_session/providers/login.hpp>
#include <aws_refresh_session/providers/process.hpp>
#include <aws_refresh_session/providers/sso.hpp>
#include <aws_refresh_session/providers/web_identity.hpp>

#include <array>
#include <exception>
#include <utility>

namespace aws_refresh_session::providers {
namespace {

using profile::Section;
using profile::Settings;
using profile::SharedConfig;

std::string text_of(const Section& section, std::string_view key) {
  return std::string{section.get(key).value_or(std::string_view{})};
}

[[noreturn]] void refuse(std::string message, std::string_view param) {
  throw ConfigurationError{
      {.message = std::move(message), .code = "InvalidProfile", .param = std::string{param}, .value = {}}};
}

/// A property that has a value, or null.
const profile::Property* usable(const Section& section, std::string_view key) {
  return section.get(key) ? section.find(key) : nullptr;
}

/// The keys of one profile, read from the files' own text at every call so that no copy of them waits in between.
class StaticKeys final : public CredentialsProvider {
 public:
  /// \throws ConfigurationError of code `InvalidProfile` for half a pair
  StaticKeys(std::shared_ptr<const SharedConfig> files, const Section& section)
      : files_(std::move(files)),
        section_(section),
        id_(key("aws_access_key_id")),
        secret_(key("aws_secret_access_key")) {
    // Keys of different files are different keys.
    if (id_.file != secret_.file) {
      refuse("Profile '" + std::string{section.name()} +
                 "' has its two keys in different files: write both to one, at " + files_->place(id_) + " or " +
                 files_->place(secret_),
             "aws_secret_access_key");
    }
  }

  [[nodiscard]] Credentials resolve(const ResolveContext& /*context*/) override {
    const auto* token = usable(section_, "aws_session_token");
    if (token == nullptr) {
      token = usable(section_, "aws_security_token");
    }
    const bool has_token = token != nullptr && token->file == id_.file;
    return {id_.value,
            secret_.value,
            has_token ? token->value : std::string_view{},
            std::nullopt,
            section_.get("aws_account_id").value_or(std::string_view{}),
            name()};
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "profile"; }
  /// Another program may write new keys at any time, and says so to nobody.
  [[nodiscard]] std::optional<std::chrono::milliseconds> recheck_after() const noexcept override {
    return std::chrono::minutes{1};
  }

 private:
  [[nodiscard]] const profile::Property& key(std::string_view name) const {
    if (const auto* property = usable(section_, name)) {
      return *property;
    }
    refuse("Profile '" + std::string{section_.name()} + "' has half a pair of keys: add " + std::string{name} +
               " beside the other, at " + files_->place(section_),
           name);
  }

  std::shared_ptr<const SharedConfig> files_;
  const Section& section_;
  const profile::Property& id_;
  const profile::Property& secret_;
};

/// What the source itself said: advice to a program that calls AssumeRole does not help whoever writes a profile.
std::string reason_of(const Error& error) {
  if (error.code() == "NoBaseCredentials" && error.cause()) {
    try {
      std::rethrow_exception(error.cause());
    } catch (const Error& source) {
      return source.message();
    } catch (...) {
      return error.message();
    }
  }
  return error.message();
}

/// The keys of an SSO profile, from itself and from its [sso-session].
SsoOptions sso_options(const Settings& settings, const Section& section) {
  const auto& files = settings.files();
  SsoOptions options;
  options.account_id = text_of(section, "sso_account_id");
  options.role_name = text_of(section, "sso_role_name");
  options.region = text_of(section, "sso_region");
  options.start_url = text_of(section, "sso_start_url");
  options.session_name = text_of(section, "sso_session");
  options.profile = section.name();
  if (!options.session_name.empty()) {
    const auto* session = files.sso_session(options.session_name);
    if (session == nullptr) {
      throw ConfigurationError{{.message = "Profile '" + options.profile +
                                           "' names an sso-session that does not "
                                           "exist: add [sso-session " +
                                           options.session_name + "], or correct " +
                                           files.place(*section.find("sso_session")),
                                .code = "SsoSessionNotFound",
                                .param = "sso_session",
                                .value = options.session_name}};
    }
    for (const auto& [key, text] : {std::pair{"sso_region", &options.region}, {"sso_start_url", &options.start_url}}) {
      const auto shared = text_of(*session, key);
      if (!text->empty() && *text != shared) {
        refuse("Profile '" + options.profile + "' and its sso-session disagree: remove one of them, at " +
                   files.place(*section.find(key)),
               key);
      }
      *text = shared;
    }
  }
  for (const auto& [key, text] :
       std::array{std::pair{"sso_account_id", &options.account_id}, std::pair{"sso_role_name", &options.role_name},
                  std::pair{"sso_region", &options.region}, std::pair{"sso_start_url", &options.start_url}}) {
    if (text->empty()) {
      refuse("Profile '" + options.profile + "' lacks " + key + ": add it at " + files.place(section), key);
    }
  }
  return options;
}

}  // namespace

ProfileProvider::ProfileProvider(ProfileOptions options, ProviderSeams seams, aws::RetrySeams retry)
    : options_(std::move(options)), seams_(std::move(seams)), retry_(std::move(retry)) {
  aws::validate(options_.client);
  join_fork_registry();
}

ProfileProvider::~ProfileProvider() {
  leave_fork_registry();
}

Credentials ProfileProvider::resolve(const ResolveContext& context) {
  const auto built = current();
  try {
    return built->provider->resolve(context);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_configured) {
      throw;
    }
    // The profile is configured; what it leads to is not. To go on with another source would hide that.
    auto fields = error.fields();
    fields.message = "The profile's source of credentials has none: " + built->description + ". " + reason_of(error);
    fields.kind = ErrorKind::non_recoverable;
    fields.cause = std::current_exception();
    throw CredentialError{std::move(fields)};
  }
}

void ProfileProvider::invalidate(std::string_view access_key_id) {
  std::shared_ptr<const Built> built;
  {
    const core::MutexLock lock{mutex_};
    built = built_;
  }
  if (built) {
    built->provider->invalidate(access_key_id);
  }
}

std::optional<std::chrono::milliseconds> ProfileProvider::recheck_after() const noexcept {
  std::shared_ptr<const Built> built;
  bool just_built = false;
  {
    const core::MutexLock lock{mutex_};
    built = built_;
    just_built = just_built_;
  }
  const auto wish = built ? built->provider->recheck_after() : std::nullopt;
  // Whoever replaces keys one by one is still at it, perhaps: what was read may be the new id and the old secret.
  constexpr std::chrono::seconds kSoon{3};
  return wish && just_built ? kSoon : wish;
}

bool ProfileProvider::holds_keys() {
  const auto said = plan();
  return said.roles.empty() && said.origin == ProfileOrigin::static_keys;
}

ProfilePlan ProfileProvider::plan() {
  const auto settings = Settings::load(seams_.environment, options_.profile);
  {
    // Held until `resolve` reads them, or a big file would be parsed twice.
    auto files = settings.shared_files();
    const core::MutexLock lock{mutex_};
    planned_files_.swap(files);
  }
  return plan_profile(settings);
}

std::string ProfileProvider::description() const {
  const core::MutexLock lock{mutex_};
  return built_ ? built_->description : std::string{};
}

std::shared_ptr<const ProfileProvider::Built> ProfileProvider::current() {
  const auto settings = Settings::load(seams_.environment, options_.profile);
  {
    const core::MutexLock lock{mutex_};
    if (built_ && built_->files == settings.shared_files() && built_->profile_name == settings.profile_name()) {
      just_built_ = false;
      return built_;
    }
  }
  auto made = std::make_shared<const Built>(build(settings));
  // The one before leaves after the lock: what it owns leaves the fork registry, which locks before this does.
  auto before = made;
  std::shared_ptr<const SharedConfig> planned;
  const core::MutexLock lock{mutex_};
  built_.swap(before);
  just_built_ = true;
  planned_files_.swap(planned);
  return made;
}

ProfileProvider::Built ProfileProvider::build(const Settings& settings) const {
  const auto plan = plan_profile(settings);
  auto client = options_.client;
  client.profile = settings.profile_name();
  client.credentials.reset();  // the profile's own keys sign
  Built built{.files = settings.shared_files(),
              .profile_name = settings.profile_name(),
              .provider = make_origin(plan, settings, client),
              .description = describe(plan)};
  for (std::size_t left = plan.roles.size(); left-- > 0;) {
    const auto& role = plan.roles[left];
    AssumeRoleOptions options;
    options.role_arn = role.role_arn;
    if (!role.role_session_name.empty()) {
      options.role_session_name = role.role_session_name;
    }
    options.duration = role.duration;
    options.external_id = role.external_id;
    options.serial_number = role.mfa_serial;
    options.client = client;
    options.base = std::move(built.provider);
    if (!role.mfa_serial.empty()) {
      if (!options_.mfa_token_provider) {
        throw ConfigurationError{
            {.message = "Profile '" + role.profile +
                        "' needs one-time codes of a device, and there is nobody to ask: "
                        "give an MFA token provider (a callable, a command or a TOTP seed file), see " +
                        role.place,
             .code = "MfaProviderMissing",
             .param = "mfa_serial",
             .value = role.mfa_serial}};
      }
      options.mfa_token_provider = options_.mfa_token_provider;
    }
    try {
      built.provider = make_assume_role_provider(std::move(options), seams_, retry_);
    } catch (const ValidationError& error) {
      auto fields = error.fields();
      fields.message = "Profile '" + role.profile + "' (" + role.place + "): " + fields.message;
      throw ConfigurationError{std::move(fields)};
    }
  }
  return built;
}

std::shared_ptr<CredentialsProvider> ProfileProvider::make_origin(const ProfilePlan& plan, const Settings& settings,
                                                                  const StsClientOptions& client) const {
  const auto& section = *plan.section;
  switch (plan.origin) {
    case ProfileOrigin::static_keys:
      return std::make_shared<StaticKeys>(settings.shared_files(), section);
    case ProfileOrigin::web_identity: {
      WebIdentityOptions options;
      options.role_arn = text_of(section, "role_arn");
      if (options.role_arn.empty()) {
        refuse("Profile '" + std::string{section.name()} +
                   "' has a web_identity_token_file but no role_arn: add it at " +
                   settings.files().place(*section.find("web_identity_token_file")),
               "role_arn");
      }
      options.role_session_name = text_of(section, "role_session_name");
      options.web_identity_token_file =
          profile::expand_home(*section.get("web_identity_token_file"), settings.environment());
      options.client = client;
      return make_web_identity_provider(std::move(options), seams_);
    }
    case ProfileOrigin::sso: {
      auto options = sso_options(settings, section);
      options.client = client;
      return make_sso_provider(std::move(options), seams_);
    }
    case ProfileOrigin::login: {
      LoginOptions options;
      options.login_session = text_of(section, "login_session");
      options.profile = section.name();
      options.client = client;
      // That is where STS is; the refresh token must not go there.
      options.client.endpoint_url.clear();
      if (const auto region = configured_region(client.region, settings)) {
        options.region = region->value;
      }
      return make_login_provider(std::move(options), seams_);
    }
    case ProfileOrigin::process:
      return make_process_provider(
          {.command = text_of(section, "credential_process"), .account_id = text_of(section, "aws_account_id")},
          seams_);
    case ProfileOrigin::environment:
      return make_environment_provider(seams_.environment);
    case ProfileOrigin::container:
      return make_container_provider({.ca_bundle = client.ca_bundle}, seams_);
    case ProfileOrigin::imds:
      return make_imds_provider({.profile = settings.profile_name()}, seams_);
  }
  refuse("The profile's source is unknown", "profile");
}

void ProfileProvider::before_fork() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.lock();
}
void ProfileProvider::after_fork_in_parent() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.unlock();
}
void ProfileProvider::after_fork_in_child() noexcept ARS_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.unlock();
}

}  // namespace aws_refresh_session::providers

namespace aws_refresh_session {

std::shared_ptr<CredentialsProvider> make_profile_provider(ProfileOptions options, ProviderSeams seams) {
  return std::make_shared<providers::ProfileProvider>(std::move(options), std::move(seams).completed(),
                                                      aws::RetrySeams{});
}

}  // namespace aws_refresh_session
