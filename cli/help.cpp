#include "cli/command_tree.hpp"
#include "cli/help_topics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aws_refresh_session::cli {
namespace {

constexpr std::size_t kWidth = 79;
constexpr std::size_t kHelpColumn = 30;

/// Breaks a text at blanks; lines after the first are indented to `column`.
std::string wrapped(std::string_view text, std::size_t column) {
  std::string out;
  std::size_t at = column;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (at > column && at + 1 + word.size() > kWidth) {
      out += fmt::format("\n{:{}}", "", column);
      at = column;
    } else if (at > column) {
      out += ' ';
      ++at;
    }
    out += word;
    at += word.size();
  }
  return out;
}

std::string row(const std::string& left, std::string_view help) {
  std::string out = "  " + left;
  if (out.size() + 2 > kHelpColumn) {
    out += fmt::format("\n{:{}}", "", kHelpColumn);
  } else {
    out.resize(kHelpColumn, ' ');
  }
  return out + wrapped(help, kHelpColumn) + "\n";
}

std::string left_of(const OptionNode& option) {
  // Long names start in one column, whether there is a short one or not.
  std::string left = option.names.size() > 1 ? option.names[0] + ", " + option.names[1]
                     : option.names.empty()  ? ""
                                             : "    " + option.names[0];
  if (!option.value_name.empty()) {
    left += (left.empty() ? "" : " ") + option.value_name;
  }
  return left;
}

std::string options_text(const CommandNode& command) {
  std::vector<std::string> groups;
  for (const OptionNode& option : command.options) {
    if (std::find(groups.begin(), groups.end(), option.group) == groups.end()) {
      groups.push_back(option.group);
    }
  }
  // The parser lists its help flag first, and what a command is about should come first.
  if (!groups.empty()) {
    std::rotate(groups.begin(), groups.begin() + 1, groups.end());
  }
  std::string out;
  for (const std::string& group : groups) {
    out += fmt::format("\n{}:\n", group);
    for (const OptionNode& option : command.options) {
      if (option.group == group) {
        out += row(left_of(option), option.help + (option.repeatable ? " (repeat for more)" : ""));
      }
    }
  }
  return out;
}

std::string program_page(const CommandNode& program) {
  std::string out = fmt::format("{}\n\nUsage: {} COMMAND [OPTION...]\n\nCommands:\n", program.summary, program.name);
  for (const CommandNode& command : program.subcommands) {
    out += row(command.name, command.summary);
  }
  out += options_text(program);
  return out + fmt::format("\n{} COMMAND --help says more.\n\n{}\n\n{}\n", program.name, environment_help(),
                           exit_code_help());
}

}  // namespace

std::vector<std::string> OptionNode::choices() const {
  std::vector<std::string> out;
  if (value_name.find('|') == std::string::npos) {
    return out;
  }
  std::string_view rest = value_name;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    out.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

std::string help_text(const CommandNode& program, std::string_view subcommand) {
  const auto found = std::find_if(program.subcommands.begin(), program.subcommands.end(),
                                  [&](const CommandNode& command) { return command.name == subcommand; });
  if (found == program.subcommands.end()) {
    return program_page(program);
  }

  const auto positional = std::find_if(found->options.begin(), found->options.end(),
                                       [](const OptionNode& option) { return option.names.empty(); });
  const bool has_source = std::any_of(found->options.begin(), found->options.end(), [](const OptionNode& option) {
    return std::find(option.names.begin(), option.names.end(), "--role-arn") != option.names.end();
  });
  const std::string_view rest = found->name == help_topic(Command::exec).name ? " -- PROGRAM [ARGUMENT...]" : "";
  return fmt::format("{}.\n\nUsage: {} {} {}[OPTION...]{}\n\n{}\n{}{}{}\n\n{}\n", found->summary, program.name,
                     found->name, positional == found->options.end() ? "" : positional->value_name + " ", rest,
                     found->description, options_text(*found), has_source ? "\n" : "",
                     has_source ? environment_help() : "", exit_code_help());
}

}  // namespace aws_refresh_session::cli
