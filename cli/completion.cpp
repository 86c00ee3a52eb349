#include "cli/command_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace aws_refresh_session::cli {
namespace {

/// The function name that shells allow.
std::string identifier(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// Inside single quotes of bash, zsh and (with `\'` for a quote) fish.
std::string quoted(std::string_view text, bool fish = false) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += fish ? "\\'" : "'\\''";
    } else if (c == '\\' && fish) {
      out += "\\\\";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string words(const CommandNode& command) {
  std::string out;
  for (const CommandNode& subcommand : command.subcommands) {
    out += subcommand.name + " ";
  }
  for (const OptionNode& option : command.options) {
    for (const std::string& name : option.names) {
      out += name + " ";
    }
    if (option.names.empty()) {
      out += fmt::format("{} ", fmt::join(option.choices(), " "));
    }
  }
  return out.empty() ? out : out.substr(0, out.size() - 1);
}

/// One `case` arm a command: which words complete, and which options take a value.
std::string bash_arm(const CommandNode& command, const std::string& pattern) {
  std::vector<std::string> files;
  std::vector<std::string> others;
  std::string out = fmt::format("    {})\n      case \"$previous\" in\n", pattern);
  for (const OptionNode& option : command.options) {
    if (option.value_name.empty() || option.names.empty()) {
      continue;
    }
    const std::string names = fmt::format("{}", fmt::join(option.names, "|"));
    if (const auto choices = option.choices(); !choices.empty()) {
      out += fmt::format("        {}) mapfile -t COMPREPLY < <(compgen -W {} -- \"$current\"); return ;;\n", names,
                         quoted(fmt::format("{}", fmt::join(choices, " "))));
    } else {
      (option.takes_file() ? files : others).push_back(names);
    }
  }
  if (!files.empty()) {
    out += fmt::format("        {}) compopt -o default; return ;;\n", fmt::join(files, "|"));
  }
  if (!others.empty()) {
    out += fmt::format("        {}) return ;;\n", fmt::join(others, "|"));
  }
  return out + fmt::format("      esac\n      words={} ;;\n", quoted(words(command)));
}

std::string bash_script(const CommandNode& program) {
  std::string names;
  std::string arms;
  for (const CommandNode& command : program.subcommands) {
    names += (names.empty() ? "" : "|") + command.name;
    arms += bash_arm(command, command.name);
  }
  arms += bash_arm(program, "*");
  const std::string function = "_" + identifier(program.name);
  return fmt::format(R"(# bash completion of {0}: source <({0} completion bash)
{1}() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD - 1]}}" command="" word words=""
  COMPREPLY=()
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$word" in
      {2}) command="$word"; break ;;
    esac
  done
  if [ "$command" = exec ]; then
    for ((word = 2; word < COMP_CWORD; word++)); do
      if [ "${{COMP_WORDS[word]}}" = -- ]; then
        if declare -F _command_offset > /dev/null; then _command_offset $((word + 1)); else compopt -o default; fi
        return
      fi
    done
  fi
  case "$command" in
{3}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -F {1} {0}
)",
                     program.name, function, names, arms);
}

/// zsh's _arguments reads `[`, `]` and `:` in its specifications.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out;
}

std::string zsh_specifications(const CommandNode& command, const std::string& indent) {
  std::string out;
  for (const OptionNode& option : command.options) {
    std::string value;
    if (!option.value_name.empty()) {
      const auto choices = option.choices();
      value = fmt::format(":{}:{}", zsh_text(choices.empty() ? option.value_name : "value"),
                          option.takes_file() ? "_files"
                          : choices.empty()   ? ""
                                              : fmt::format("({})", fmt::join(choices, " ")));
    }
    if (option.names.empty()) {
      out += fmt::format(" \\\n{}{}", indent, quoted("1" + value));
    }
    for (const std::string& name : option.names) {
      out += fmt::format(
          " \\\n{}{}", indent,
          quoted(fmt::format("{}{}[{}]{}", option.repeatable ? "*" : "", name, zsh_text(option.help), value)));
    }
  }
  return out;
}

std::string zsh_script(const CommandNode& program) {
  const std::string function = "_" + identifier(program.name);
  std::string commands;
  std::string arms;
  for (const CommandNode& command : program.subcommands) {
    commands += fmt::format("        {}\n", quoted(command.name + ":" + zsh_text(command.summary)));
    arms += fmt::format("        {})\n          _arguments -s{} ;;\n", command.name,
                        zsh_specifications(command, "            "));
  }
  return fmt::format(R"(#compdef {0}
# zsh completion of {0}: put it into a directory of $fpath, by the name _{0}
{1}() {{
  local context state state_descr line
  typeset -A opt_args
  _arguments -C{2} \
    '1: :->command' \
    '*:: :->arguments'
  case "$state" in
    command)
      local -a commands=(
{3}      )
      _describe 'command' commands ;;
    arguments)
      case "$line[1]" in
{4}      esac ;;
  esac
}}
if [ "$funcstack[1]" = "{1}" ] || [ "$funcstack[1]" = "_{0}" ]; then
  {1} "$@"
else
  compdef {1} {0}
fi
)",
                     program.name, function, zsh_specifications(program, "    "), commands, arms);
}

std::string fish_options(const CommandNode& command, const std::string& program, const std::string& condition) {
  std::string out;
  for (const OptionNode& option : command.options) {
    std::string line = fmt::format("complete -c {} -n {}", program, quoted(condition, true));
    for (const std::string& name : option.names) {
      line += name.size() > 2 ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    const auto choices = option.choices();
    if (!choices.empty()) {
      line += fmt::format(" {}-a {}", option.names.empty() ? "" : "-x ",
                          quoted(fmt::format("{}", fmt::join(choices, " ")), true));
    } else if (!option.value_name.empty()) {
      line += option.takes_file() ? " -r -F" : " -x";
    }
    out += fmt::format("{} -d {}\n", line, quoted(option.help, true));
  }
  return out;
}

std::string fish_script(const CommandNode& program) {
  std::string out = fmt::format("# fish completion of {0}\ncomplete -c {0} -f\n", program.name);
  out += fish_options(program, program.name, "__fish_use_subcommand");
  for (const CommandNode& command : program.subcommands) {
    out += fmt::format("complete -c {} -n '__fish_use_subcommand' -a {} -d {}\n", program.name, command.name,
                       quoted(command.summary, true));
  }
  for (const CommandNode& command : program.subcommands) {
    out += fish_options(command, program.name, "__fish_seen_subcommand_from " + command.name);
  }
  return out;
}

}  // namespace

std::string completion_script(const CommandNode& program, std::string_view shell) {
  if (shell == "zsh") {
    return zsh_script(program);
  }
  return shell == "fish" ? fish_script(program) : bash_script(program);
}

}  // namespace aws_refresh_session::cli
