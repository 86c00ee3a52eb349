#include "cli/export_text.hpp"

#include "cli/json_text.hpp"
#include "cli/usage_error.hpp"

#include <aws_refresh_session/exceptions.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>

namespace aws_refresh_session::cli {
namespace {

constexpr std::array<std::pair<std::string_view, ExportFormat>, 6> kFormats{
    {{"sh", ExportFormat::sh},
     {"fish", ExportFormat::fish},
     {"powershell", ExportFormat::powershell},
     {"env-file", ExportFormat::env_file},
     {"json", ExportFormat::json},
     {"credentials-file", ExportFormat::credentials_file}}};

[[noreturn]] void cannot_hold(std::string_view name, std::string_view format) {
  throw CredentialError{
      {.message = fmt::format("{} has characters that {} cannot hold.", name, format), .code = "InvalidCredentials"}};
}

bool is_printable(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
}

bool is_plain(std::string_view value) {
  return value.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_.:,@%-") ==
         std::string_view::npos;
}

/// Every character of which `escape` makes something comes out as that.
template <typename Escape>
void append_escaped(SecretText& out, std::string_view value, Escape escape) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string escaped = escape(value[i]);
    out.append(escaped.empty() ? value.substr(i, 1) : std::string_view{escaped});
  }
}

std::string escaped_for_sh(char c) {
  return c == '\'' ? "'\\''" : "";
}

/// fish reads bytes beyond ASCII by its locale: they are written as numbers, outside of the quotes.
std::string escaped_for_fish(char c) {
  if (c == '\'' || c == '\\') {
    return {'\\', c};
  }
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x80 ? "" : fmt::format("'\\X{:02x}'", byte);
}

std::string escaped_for_powershell(char c) {
  return c == '\'' ? "''" : "";
}

void append_one(SecretText& out, std::string_view name, const std::optional<SecretString>& secret,
                ExportFormat format) {
  const std::string_view value = secret ? secret->reveal() : std::string_view{};
  if (value.find('\0') != std::string_view::npos) {
    cannot_hold(name, "an environment variable");
  }
  switch (format) {
    case ExportFormat::sh:
      if (!secret) {
        out.append(fmt::format("unset {}\n", name));
        return;
      }
      out.append(fmt::format("export {}='", name));
      append_escaped(out, value, escaped_for_sh);
      out.append("'\n");
      return;
    case ExportFormat::fish:
      if (!secret) {
        // Not erased: a universal variable of that name would come to light.
        out.append(fmt::format("set -gu {}\n", name));
        return;
      }
      out.append(fmt::format("set -gx {} '", name));
      append_escaped(out, value, escaped_for_fish);
      out.append("'\n");
      return;
    case ExportFormat::powershell:
      if (!secret) {
        out.append(fmt::format("Remove-Item -ErrorAction Ignore Env:{}\n", name));
        return;
      }
      // PowerShell ends a string at a typographic quote, too, and which bytes are one depends on its code page.
      if (!is_printable(value)) {
        cannot_hold(name, "a PowerShell command");
      }
      out.append(fmt::format("$Env:{} = '", name));
      append_escaped(out, value, escaped_for_powershell);
      out.append("'\n");
      return;
    case ExportFormat::env_file:
      if (!secret) {
        return;
      }
      if (!is_plain(value)) {
        cannot_hold(name, "an environment file");
      }
      out.append(fmt::format("{}=", name));
      out.append(value);
      out.append("\n");
      return;
    case ExportFormat::json:
    case ExportFormat::credentials_file:
      return;
  }
}

}  // namespace

ExportFormat export_format(std::string_view name) {
  const auto* const found =
      std::find_if(kFormats.begin(), kFormats.end(), [&](const auto& each) { return each.first == name; });
  if (found == kFormats.end()) {
    throw UsageError{
        "--format: there is no such format. Give sh, fish, powershell, env-file, json or "
        "credentials-file."};
  }
  return found->second;
}

void append_variables(SecretText& out, std::span<const CredentialVariable> variables, ExportFormat format) {
  if (format != ExportFormat::json) {
    for (const auto& [name, value] : variables) {
      append_one(out, name, value, format);
    }
    return;
  }
  JsonObject json;
  for (const auto& [name, value] : variables) {
    if (value) {
      json.secret(name, *value);
    }
  }
  out.append(json.str());
  out.append("\n");
}

}  // namespace aws_refresh_session::cli
