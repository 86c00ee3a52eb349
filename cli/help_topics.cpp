#include "cli/help_topics.hpp"

#include <array>
#include <cstddef>

namespace aws_refresh_session::cli {
namespace {

constexpr HelpTopic kDemo{"demo", "Watch credentials being refreshed under load, without an account",
                          R"(Starts a small STS inside this process, with keys of its own, and holds a
session on credentials that live a few seconds. Threads read them without
pause, others sign and send requests at a steady rate; half-way the STS starts
to fail for a while (5xx, no answer, throttling) and recovers. Nothing leaves
this machine. The progress goes to standard error: a live view on a terminal,
lines otherwise. The summary goes to standard output. The exit code is 0 only
if no read failed, none was given an expired set, and no request was refused.

Examples:
  aws-refresh-session demo
  aws-refresh-session demo --seconds 60 --lifetime 3 --readers 8
  aws-refresh-session demo --quiet --json)"};

constexpr HelpTopic kWhoami{"whoami", "Show the identity behind the credentials",
                            R"(Gets credentials as the options say and asks STS who they belong to: for a
role the assumed identity, otherwise the owner of the keys that were found.
Prints arn, account and user_id, one a line, or JSON in the field names of AWS.
With --explain it says first which source was used and why not the others,
where profile, region and endpoint come from; also when nothing was found.

Examples:
  aws-refresh-session whoami
  aws-refresh-session whoami --profile dev --explain
  aws-refresh-session whoami --json | jq -r .Account
  aws-refresh-session whoami --role-arn arn:aws:iam::123456789012:role/app
  aws-refresh-session whoami --role-arn arn:aws:iam::123456789012:role/admin \
      --serial-number arn:aws:iam::123456789012:mfa/me)"};

constexpr HelpTopic kProcess{"process", "Print credentials as JSON, for credential_process in an AWS config file",
                             R"(Gets credentials once and prints them in the form that every AWS SDK and the
AWS CLI take from a credential_process. They run it again before the set ends.
Sets that expire are kept, encrypted, in a cache of this user's: while much of
their life is left nobody is asked, and many runs at once ask once.
If it fails, nothing is printed but the reason, on standard error. The output
holds the secret key: let it go to a program, not to a screen or a file.

Examples, in ~/.aws/config:
  [profile app]
  credential_process = aws-refresh-session process --profile app-source
(any profile but this one), then:
  aws --profile app s3 ls)"};

constexpr HelpTopic kExport{"export", "Print credentials for a shell, or write them into a credentials file",
                            R"help(Gets credentials once and prints what sets AWS_ACCESS_KEY_ID and its companions
in a shell, or takes them away where the set has none: nothing of an older set
stays. AWS_PROFILE is left alone; a few SDKs (JavaScript) prefer it to keys.
As a profile of a credentials file the keys serve programs that know nothing
else. All else in that file stays as it is. With --watch it is written anew
after each refresh until the command is stopped; that is exit code 0, then.

Examples:
  eval "$(aws-refresh-session export --profile dev)"
  aws-refresh-session export --profile dev --format fish | source
  aws-refresh-session export --format powershell | Out-String | iex
  (umask 077; aws-refresh-session export --format env-file > app.env)
  aws-refresh-session export --profile dev --format credentials-file \
      --write-profile dev-keys --watch)help"};

constexpr HelpTopic kConsole{"console", "Print a URL that signs in to the AWS console",
                             R"help(Gets credentials of a role and asks the sign-in endpoint for a URL that opens
the console with them. For 15 minutes it signs in anybody who has it: let it go
to a browser, not into a log or a chat. Keys of a user cannot sign in; name a
role, or a profile that has one.

Examples:
  xdg-open "$(aws-refresh-session console --profile dev)"
  aws-refresh-session console --role-arn arn:aws:iam::123456789012:role/app \
      --destination https://console.aws.amazon.com/s3/home \
      --session-duration 28800)help"};

constexpr HelpTopic kExec{"exec", "Run a program with credentials that stay fresh",
                          R"help(Starts the program that stands after -- with an environment in which every AWS
SDK finds these credentials and no others. They come from an endpoint of this
process on 127.0.0.1, so that the program gets new ones as long as it runs.
With --static it gets the keys themselves, for programs that know no endpoint;
they end. Signals, Ctrl-Z and the exit status go through.

Examples:
  aws-refresh-session exec --profile dev -- ./long-job
  aws-refresh-session exec --profile dev -- aws s3 sync . s3://bucket
  aws-refresh-session exec --static --profile dev -- old-tool --flag)help"};

constexpr HelpTopic kStatus{"status", "Show what is cached, how long it lives and what failed last",
                            R"(Lists the entries of the cache that all runs of this program share: what they
are for, how much of their life is left, and why the last attempt to renew
them failed, if it did. Never a secret.

Examples:
  aws-refresh-session status
  aws-refresh-session status --watch
  aws-refresh-session status --json | jq '.Entries[].SecondsLeft'
  aws-refresh-session status --clear)"};

constexpr HelpTopic kServe{"serve", "Serve credentials to other programs, for as long as they run",
                           R"(Answers as a container's credentials endpoint does, which every AWS SDK and the
AWS CLI ask by themselves: they get fresh credentials whenever they need them,
without keys in files or the environment. Prints the variables that clients
need, then serves until SIGTERM or SIGINT. Only who has the token is answered.

Examples:
  aws-refresh-session serve --profile dev > settings &
  . ./settings; aws s3 ls
  aws-refresh-session serve --port 9911 --token-file ~/.aws/serve-token \
      --role dev=dev --role build=arn:aws:iam::123456789012:role/build
  aws-refresh-session serve --unix-socket /run/user/1000/aws.sock --json
  aws-refresh-session serve --imds --profile dev)"};

constexpr HelpTopic kDoctor{"doctor", "Look for what is wrong, and say what to do about it",
                            R"help(Reads the config and credentials files, the variables, the modes of the files;
asks the endpoint of STS, compares its clock with this machine's, and gets
credentials as the options say. Each finding is a line, with its cure below.
The exit code is 0 if nothing is wrong.

Examples:
  aws-refresh-session doctor
  aws-refresh-session doctor --profile dev
  aws-refresh-session doctor --json | jq '.Findings[] | select(.Problem)')help"};

constexpr HelpTopic kCompletion{"completion", "Print a completion script for bash, zsh or fish",
                                R"(The script completes commands, options and their values.

Examples:
  source <(aws-refresh-session completion bash)
  aws-refresh-session completion zsh > ~/.zfunc/_aws-refresh-session
  aws-refresh-session completion fish \
      > ~/.config/fish/completions/aws-refresh-session.fish)"};

constexpr HelpTopic kVersion{"version", "Print the version", R"(The same as --version.

Example:
  aws-refresh-session version --json)"};

}  // namespace

const HelpTopic& help_topic(Command command) {
  switch (command) {
    case Command::demo:
      return kDemo;
    case Command::whoami:
      return kWhoami;
    case Command::process:
      return kProcess;
    case Command::export_credentials:
      return kExport;
    case Command::console:
      return kConsole;
    case Command::exec:
      return kExec;
    case Command::status:
      return kStatus;
    case Command::serve:
      return kServe;
    case Command::doctor:
      return kDoctor;
    case Command::completion:
      return kCompletion;
    case Command::version:
    case Command::help:
      break;
  }
  return kVersion;
}

std::string_view environment_help() {
  return R"(Environment:
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
  AWS_CREDENTIAL_EXPIRATION, AWS_ACCOUNT_ID
                              The first source of the chain, unless --profile
                              is given
  AWS_PROFILE, AWS_DEFAULT_PROFILE
                              See --profile
  AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE
                              The two files
  AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME
                              Source web_identity
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, .._FULL_URI,
  AWS_CONTAINER_AUTHORIZATION_TOKEN, .._TOKEN_FILE
                              Source container
  AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT,
  .._ENDPOINT_MODE, AWS_EC2_METADATA_V1_DISABLED,
  AWS_METADATA_SERVICE_TIMEOUT, AWS_METADATA_SERVICE_NUM_ATTEMPTS
                              Source imds
  AWS_REGION, AWS_DEFAULT_REGION
                              See --region
  AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL,
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_USE_FIPS_ENDPOINT,
  AWS_USE_DUALSTACK_ENDPOINT, AWS_STS_REGIONAL_ENDPOINTS
                              See --endpoint-url
  AWS_CA_BUNDLE               See --ca-bundle
  AWS_MAX_ATTEMPTS            See --max-attempts
  HTTPS_PROXY, NO_PROXY, ...  As curl reads them
  AWS_REFRESH_SESSION_CACHE   The directory of the cache, or off (default:
                              ~/.cache/aws-refresh-session/credentials)
  AWS_REFRESH_SESSION_LOG     The library's own log on standard error: debug,
                              info, warning (default), error or off)";
}

std::string_view exit_code_help() {
  return R"(Exit codes:
  0    Done
  1    No credentials could be had, and trying again will not help
  2    The command line is wrong; nothing was asked of anybody
  3    The network, a time limit, throttling, or a one-time code that could not
       be had: try again later
  4    demo: a check at the end failed; doctor: something is wrong
  5    Standard output could not be written
  126, 127
       exec: the program could not be started, or was not found; otherwise its
       own status, or 128 + N after signal N
  129, 130, 143, 141
       Ended by SIGHUP, SIGINT, SIGTERM, or a reader that went away)";
}

}  // namespace aws_refresh_session::cli
