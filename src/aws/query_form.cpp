#include "aws/query_form.hpp"

#include "core/percent_encoding.hpp"

#include <cstddef>

namespace aws_refresh_session::aws {
namespace {

/// `Tags.member.1`: the protocol counts from one.
std::string member(std::string_view list, std::size_t index, std::string_view field = {}) {
  return std::string{list}.append(".member.").append(std::to_string(index + 1)).append(field);
}

}  // namespace

QueryForm::QueryForm(std::string_view action) {
  text_.append("Action=").append(action).append("&Version=2011-06-15");
}

void QueryForm::add(std::string_view name, std::string_view value) {
  if (!value.empty()) {
    add_always(name, value);
  }
}

void QueryForm::add_always(std::string_view name, std::string_view value) {
  auto encoded = core::percent_encode(value);
  const auto size = text_.size() + name.size() + encoded.size() + 2;
  if (size > text_.capacity()) {
    // Grown by hand: the old buffer may hold a secret.
    std::string larger;
    larger.reserve(2 * size);
    larger = text_;
    wipe(text_);
    text_ = std::move(larger);
  }
  text_.append("&").append(name).append("=").append(encoded);
  wipe(encoded);
}

void add_session_limits(QueryForm& form, const AssumeRoleOptions& options) {
  for (std::size_t i = 0; i < options.policy_arns.size(); ++i) {
    form.add(member("PolicyArns", i, ".arn"), options.policy_arns[i]);
  }
  form.add("Policy", options.policy);
  if (options.duration) {
    form.add("DurationSeconds", std::to_string(options.duration->count()));
  }
}

void add_parameters(QueryForm& form, const AssumeRoleOptions& options) {
  form.add("RoleArn", options.role_arn);
  form.add("RoleSessionName", options.role_session_name);
  add_session_limits(form, options);
  for (std::size_t i = 0; i < options.tags.size(); ++i) {
    form.add(member("Tags", i, ".Key"), options.tags[i].key);
    form.add_always(member("Tags", i, ".Value"), options.tags[i].value);
  }
  for (std::size_t i = 0; i < options.transitive_tag_keys.size(); ++i) {
    form.add(member("TransitiveTagKeys", i), options.transitive_tag_keys[i]);
  }
  form.add("ExternalId", options.external_id);
  form.add("SerialNumber", options.serial_number);
  form.add("SourceIdentity", options.source_identity);
  for (std::size_t i = 0; i < options.provided_contexts.size(); ++i) {
    form.add(member("ProvidedContexts", i, ".ProviderArn"), options.provided_contexts[i].provider_arn);
    form.add(member("ProvidedContexts", i, ".ContextAssertion"), options.provided_contexts[i].context_assertion);
  }
}

}  // namespace aws_refresh_session::aws
