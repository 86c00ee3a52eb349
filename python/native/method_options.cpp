#include "python/native/method_options.hpp"

#include "python/native/callables.hpp"
#include "python/native/errors.hpp"
#include "python/native/session_options.hpp"
#include "python/native/values.hpp"

#include <utility>

namespace aws_refresh_session::python {
namespace {

using RootsPointer = std::shared_ptr<Roots>;

std::string required_text(OptionReader& reader, const char* key) {
  auto value = reader.text(key);
  if (!value) {
    throw_invalid(key, std::string{key} + " is missing.");
  }
  return std::move(*value);
}

template <typename Make>
void read_list(OptionReader& reader, const char* key, Make make) {
  const auto items = reader.items(key);
  if (!items) {
    return;
  }
  for (auto* const each : *items) {
    OptionReader entry{each, key};
    make(entry);
    entry.finish();
  }
}

void read_assume_role(OptionReader reader, AssumeRoleOptions& options) {
  options.role_arn = reader.text("RoleArn").value_or("");
  if (auto name = reader.text("RoleSessionName")) {
    options.role_session_name = std::move(*name);
  }
  read_list(reader, "PolicyArns",
            [&](OptionReader& entry) { options.policy_arns.push_back(required_text(entry, "arn")); });
  options.policy = reader.text("Policy").value_or("");
  if (const auto duration = reader.integer("DurationSeconds")) {
    options.duration = std::chrono::seconds{*duration};
  }
  options.external_id = reader.text("ExternalId").value_or("");
  options.serial_number = reader.text("SerialNumber").value_or("");
  options.token_code = reader.text("TokenCode").value_or("");
  read_list(reader, "Tags", [&](OptionReader& entry) {
    auto key = required_text(entry, "Key");
    options.tags.push_back({std::move(key), required_text(entry, "Value")});
  });
  options.transitive_tag_keys = reader.texts("TransitiveTagKeys").value_or(std::vector<std::string>{});
  options.source_identity = reader.text("SourceIdentity").value_or("");
  read_list(reader, "ProvidedContexts", [&](OptionReader& entry) {
    auto arn = required_text(entry, "ProviderArn");
    options.provided_contexts.push_back({std::move(arn), required_text(entry, "ContextAssertion")});
  });
  reader.finish();
}

MfaTokenProvider::CommandOptions read_command_options(OptionReader& reader) {
  MfaTokenProvider::CommandOptions options;
  if (const auto timeout = reader.seconds("timeout")) {
    options.timeout = *timeout;
  }
  options.environment = reader.text_map("environment");
  options.working_directory = reader.text("working_directory").value_or("");
  options.input = reader.text("input").value_or("");
  reader.finish();
  return options;
}

MfaTokenProvider read_mfa(OptionReader& options, const RootsPointer& roots) {
  const Owned nothing{PyDict_New()};
  auto given = options.mapping("mfa_options");
  auto details = given ? std::move(*given) : OptionReader{nothing.get(), "mfa_options"};
  auto* const mfa = options.take("mfa");
  if (mfa == nullptr) {
    details.finish();
    return {};
  }
  if (PyUnicode_Check(mfa) != 0) {
    auto line = to_text("mfa", mfa);
    auto provider = MfaTokenProvider::from_command_line(line, read_command_options(details));
    wipe(line);
    return provider;
  }
  if (PyList_Check(mfa) != 0 || PyTuple_Check(mfa) != 0) {
    std::vector<std::string> words;
    for (Py_ssize_t index = 0; index < PySequence_Size(mfa); ++index) {
      const Owned word{PySequence_GetItem(mfa, index)};
      if (!word) {
        throw PythonException::fetch();
      }
      words.push_back(to_text("mfa", word.get()));
    }
    return MfaTokenProvider::from_command(std::move(words), read_command_options(details));
  }
  if (PyCallable_Check(mfa) == 0) {
    OptionReader::refuse("mfa", "a callable, a list of words or a command line", mfa);
  }
  const bool interactive = details.boolean("interactive").value_or(false);
  details.finish();
  return MfaTokenProvider::from_callable(make_mfa_callable(PythonCallable{mfa, roots}), interactive);
}

void read_client_of(OptionReader& options, StsClientOptions& client) {
  if (auto given = options.mapping("client")) {
    client = read_client(std::move(*given));
  }
}

AssumeRoleOptions read_sts(OptionReader options, const RootsPointer& roots, const SessionProvider& session_provider) {
  AssumeRoleOptions result;
  if (auto parameters = options.mapping("assume_role")) {
    read_assume_role(std::move(*parameters), result);
  }
  read_client_of(options, result.client);
  result.mfa_token_provider = read_mfa(options, roots);
  auto name = options.text("base_name").value_or("base");
  if (auto* const base = options.take("base")) {
    result.base = session_provider(base);
    if (!result.base) {
      if (PyCallable_Check(base) == 0) {
        OptionReader::refuse("base", "a session or a callable", base);
      }
      result.base = make_base(PythonCallable{base, roots}, std::move(name));
    }
  }
  options.finish();
  return result;
}

/// "default" and "profile" take the same.
template <typename Options>
Options read_profile(OptionReader options, const RootsPointer& roots) {
  Options result;
  result.profile = options.text("profile").value_or("");
  read_client_of(options, result.client);
  result.mfa_token_provider = read_mfa(options, roots);
  options.finish();
  return result;
}

}  // namespace

CustomOptions read_custom(OptionReader options, const std::shared_ptr<Roots>& roots) {
  CustomOptions result;
  if (auto* const method = options.callable("method")) {
    result.method = make_custom_method(PythonCallable{method, roots});
  }
  if (auto source = options.text("source")) {
    result.source = std::move(*source);
  }
  result.interactive = options.boolean("interactive").value_or(false);
  options.finish();
  return result;
}

MethodOptions read_method(const std::string& method, OptionReader options, const std::shared_ptr<Roots>& roots,
                          const SessionProvider& session_provider) {
  if (method == "sts") {
    return read_sts(std::move(options), roots, session_provider);
  }
  if (method == "custom") {
    return read_custom(std::move(options), roots);
  }
  if (method == "default") {
    return read_profile<DefaultChainOptions>(std::move(options), roots);
  }
  if (method == "profile") {
    return read_profile<ProfileOptions>(std::move(options), roots);
  }
  return options.all_texts();
}

}  // namespace aws_refresh_session::python
