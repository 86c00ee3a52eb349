#include "emulator/answers.hpp"

#include "emulator/timestamps.hpp"

#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include <chrono>
#include <sstream>

namespace aws_refresh_session::emulator {
namespace {

constexpr const char* kNamespace = "https://sts.amazonaws.com/doc/2011-06-15/";

void add(pugi::xml_node parent, const char* name, std::string_view text) {
  parent.append_child(name).text().set(std::string{text}.c_str());
}

HttpResponse xml_response(int status, const pugi::xml_document& document, const char* content_type) {
  std::ostringstream out;
  document.save(out, "  ", pugi::format_indent | pugi::format_no_declaration);
  return {.status = status, .headers = {{"Content-Type", content_type}}, .body = out.str()};
}

/// The frame `<NAMEResponse><NAMEResult>` and its metadata.
class Answer {
 public:
  Answer(const std::string& action, std::string_view request_id) : request_id_(request_id) {
    root_ = document_.append_child((action + "Response").c_str());
    root_.append_attribute("xmlns") = kNamespace;
    result_ = root_.append_child((action + "Result").c_str());
  }
  [[nodiscard]] pugi::xml_node result() const { return result_; }
  [[nodiscard]] HttpResponse finish() {
    add(root_.append_child("ResponseMetadata"), "RequestId", request_id_);
    return xml_response(200, document_, "text/xml");
  }

 private:
  pugi::xml_document document_;
  pugi::xml_node root_;
  pugi::xml_node result_;
  std::string request_id_;
};

void add_credentials(pugi::xml_node result, const KeyRecord& record, CredentialsShape shape) {
  const bool keys = shape != CredentialsShape::empty_keys;
  auto credentials = result.append_child("Credentials");
  add(credentials, "AccessKeyId", keys ? record.access_key_id : "");
  add(credentials, "SecretAccessKey", keys ? record.secret_access_key : "");
  add(credentials, "SessionToken", record.token);
  if (shape == CredentialsShape::no_expiration || !record.end) {
    return;
  }
  // Whole seconds, rounded down: nobody may be told that credentials live longer than they do.
  std::string expiration = format_rfc3339(*record.end);
  if (shape == CredentialsShape::no_zone) {
    expiration.pop_back();
  }
  add(credentials, "Expiration", expiration);
}

}  // namespace

HttpResponse assume_role_answer(const KeyRecord& credentials, const AssumedRole& role, CredentialsShape shape,
                                std::string_view request_id) {
  Answer answer{"AssumeRole", request_id};
  auto user = answer.result().append_child("AssumedRoleUser");
  add(user, "AssumedRoleId", role.assumed_role_id);
  add(user, "Arn", role.arn);
  add_credentials(answer.result(), credentials, shape);
  if (role.packed_policy_size) {
    add(answer.result(), "PackedPolicySize", std::to_string(*role.packed_policy_size));
  }
  if (!role.source_identity.empty()) {
    add(answer.result(), "SourceIdentity", role.source_identity);
  }
  return answer.finish();
}

HttpResponse session_token_answer(const KeyRecord& credentials, CredentialsShape shape, std::string_view request_id) {
  Answer answer{"GetSessionToken", request_id};
  add_credentials(answer.result(), credentials, shape);
  return answer.finish();
}

HttpResponse caller_identity_answer(const Caller& caller, std::string_view account, std::string_view request_id) {
  Answer answer{"GetCallerIdentity", request_id};
  add(answer.result(), "Arn", caller.arn);
  add(answer.result(), "UserId", caller.user_id);
  add(answer.result(), "Account", account);
  return answer.finish();
}

HttpResponse error_answer(const AwsError& error, Dialect dialect, std::string_view request_id) {
  if (dialect == Dialect::execute_api) {
    const nlohmann::json body{{"message", error.what()}};
    return {.status = error.status(),
            .headers = {{"Content-Type", "application/json"}, {"x-amzn-ErrorType", error.code() + "Exception"}},
            .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
  }
  pugi::xml_document document;
  if (dialect == Dialect::s3) {
    auto node = document.append_child("Error");
    add(node, "Code", error.code());
    add(node, "Message", error.what());
    add(node, "RequestId", request_id);
    return xml_response(error.status(), document, "application/xml");
  }
  auto root = document.append_child("ErrorResponse");
  root.append_attribute("xmlns") = kNamespace;
  auto node = root.append_child("Error");
  add(node, "Type", error.status() < 500 ? "Sender" : "Receiver");
  add(node, "Code", error.code());
  add(node, "Message", error.what());
  add(root, "RequestId", request_id);
  return xml_response(error.status(), document, "text/xml");
}

}  // namespace aws_refresh_session::emulator
