"""Runs a guide as its reader would: usage: run_guide.py GUIDE...

Every fenced block is used, in order:
    sh      run by bash -euo pipefail in one shell for the whole guide, beside an emulator that stands for AWS
    text    right after it: what it must have printed; see guide_blocks.matches
    cpp     compiled against the public headers (-fsyntax-only), with its include lines and the rest as a function's body
            if it has no main. What needs the AWS SDK must be of examples/ where the SDK is not installed
    python  compiled
    yaml, ini, json   parsed
Any other language, and a block that cannot be run, needs the marker `not run` with its reason; these are listed.
"""

import configparser
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

import yaml
from guide_blocks import blocks_of, matches

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "dev"
PROGRAM = pathlib.Path(os.environ.get("ARS_PROGRAM", BUILT / "cli" / "aws-refresh-session"))
EMULATOR = pathlib.Path(os.environ.get("ARS_EMULATOR", BUILT / "emulator" / "aws-refresh-session-emulator"))
COMPILER = os.environ.get("ARS_CXX", "g++")
ACCESS_KEY = "AKIASECRETCANARY0001"
SECRET_KEY = "SECRETCANARY/of-the-user+1"
SERIAL_SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238's own test seed.

# What an emulator must know beyond its roles to stand for the account that a guide is about.
ACCOUNTS = {"mfa.md": ["--mfa-seed", SERIAL_SEED]}
SECONDS_FOR_A_BLOCK = 60

SECRET_VALUE = re.compile(
    r"""((?:Secret\w*|\w*SECRET\w*|\w*Token|\w*TOKEN|SigninToken)["']?\s*[:=]\s*["']?)[^"'\s,}]{8,}""")


def redacted(text: str) -> str:
    """What a failure may show: an emulator's keys are fake, and still looked for in everything that is printed."""
    return SECRET_VALUE.sub(r"\1(redacted)", text).replace(SECRET_KEY, "(redacted)").replace(ACCESS_KEY, "AKIA(redacted)")


class Failure(Exception):
    pass


class Account:
    """An emulator with the roles that the guides name."""

    def __init__(self, directory: pathlib.Path, options: list[str]):
        port_file = directory / "port"
        self.process = subprocess.Popen(
            [EMULATOR, "--admin", "--port-file", port_file, "--access-key", ACCESS_KEY, "--secret", SECRET_KEY,
             "--role", "app", "--role", "build", *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not port_file.exists():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise Failure("the emulator does not start")
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{port_file.read_text().strip()}"

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


class Sandbox:
    """A home, a program path and an environment of its own. All sh blocks of a guide run in one shell."""

    def __init__(self, directory: pathlib.Path, account: Account):
        self.directory = directory
        self.home = directory / "home"
        programs = directory / "bin"
        for each in (self.home / ".aws", programs, directory / "run"):
            each.mkdir(parents=True, mode=0o700)
        for program in (PROGRAM, EMULATOR):
            (programs / program.name).symlink_to(program)
        # Debian's AWS CLI does not know the variable yet.
        aws = programs / "aws"
        aws.write_text('#!/bin/sh\nexec /usr/bin/aws --endpoint-url "$AWS_ENDPOINT_URL_STS" "$@"\n')
        aws.chmod(0o755)
        self.environment = {
            "PATH": f"{programs}:/usr/bin:/bin", "HOME": str(self.home), "TERM": "dumb", "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": str(directory / "run"), "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_STS": account.url, "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
        if "mfa" in str(account.process.args):
            seed = self.home / ".aws" / "mfa-seed"
            seed.write_text(SERIAL_SEED + "\n")
            seed.chmod(0o600)

    def path(self, name: str) -> pathlib.Path:
        path = self.home / name[2:] if name.startswith("~/") else self.home / name
        if self.directory not in path.resolve().parents:
            raise Failure(f"{name} is outside the sandbox")
        return path

    def add_file(self, name: str, text: str):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a", encoding="utf-8", opener=lambda file, flags: os.open(file, flags, 0o600)) as file:
            file.write(text)


class Shell:
    """Takes one block after the other, so that files and variables are there when a later block needs them."""

    def __init__(self, sandbox: Sandbox):
        self.sandbox = sandbox
        self.process = subprocess.Popen(
            ["bash", "-c", "set -euo pipefail; while IFS= read -r block; do "
             '. "$block" </dev/null >"$block.out" 2>&1; : >"$block.done"; done'],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=sandbox.environment,
            cwd=sandbox.home, start_new_session=True, text=True)

    def run(self, number: int, text: str) -> str:
        deadline = time.monotonic() + SECONDS_FOR_A_BLOCK
        script = self.sandbox.directory / f"block-{number}.sh"
        script.write_text(text, encoding="utf-8")
        output, done = pathlib.Path(f"{script}.out"), pathlib.Path(f"{script}.done")
        try:
            self.process.stdin.write(f"{script}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        while not done.exists():
            ended = self.process.poll()
            if ended is not None and not done.exists():
                raise Failure(f"ended with {ended}:\n{output.read_text() if output.exists() else ''}")
            if time.monotonic() > deadline:
                raise Failure(f"has not ended in time:\n{output.read_text()}")
            time.sleep(0.005)
        return output.read_text(encoding="utf-8")

    def close(self):
        try:  # the guide's own background jobs with it
            os.killpg(self.process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.process.stdin.close()
        self.process.wait(20)


def compiles(source: str, extra=()) -> str:
    """What the compiler said, or nothing."""
    result = subprocess.run([COMPILER, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-x", "c++",
                             "-I", ROOT / "include", *extra, "-"], input=source, capture_output=True, text=True, check=False)
    return result.stderr if result.returncode else ""


def whole_program(text: str) -> str:
    if re.search(r"^int main\(", text, re.M):
        return text
    outside = re.compile(r"^(#include|namespace \w+ =|using )")
    lines = text.splitlines()
    head = [line for line in lines if outside.match(line)]
    body = ["" if outside.match(line) else line for line in lines]
    return "\n".join([*head, "void snippet();", "void snippet() {", *body, "}"]) + "\n"


def check_cpp(text: str) -> str:
    """Nothing, or why it was not compiled."""
    if re.search(r"<aws/|aws_sdk_cpp\.hpp|aws_crt\.hpp", text):
        foreign = re.findall(r"#include (<aws/[^>]+>)", text) or ["<aws/core/Aws.h>"]
        if compiles("".join(f"#include {header}\n" for header in foreign)):
            known = {line.strip() for file in (ROOT / "examples").glob("*.cpp")
                     for line in file.read_text(encoding="utf-8").splitlines()}
            strange = [line for line in text.splitlines() if line.strip() and line.strip() not in known]
            if strange:
                raise Failure("the AWS SDK is not here to compile it, and no example has these lines:\n" + "\n".join(strange))
            return "the AWS SDK is not installed; every line of it is of examples/, which are built where it is"
    if said := compiles(whole_program(text)):
        raise Failure("does not compile:\n" + said)
    return ""


def check_ini(text: str):
    configparser.ConfigParser(interpolation=None, strict=True).read_string(text)


PARSERS = {"json": json.loads, "ini": check_ini, "yaml": lambda text: list(yaml.safe_load_all(text)),
           "python": lambda text: compile(text, "guide", "exec")}


def run(guide: pathlib.Path, directory: pathlib.Path) -> tuple[int, list[str]]:
    """How many blocks were used, and the others with their reasons."""
    used, left, printed = 0, [], None
    account = Account(directory, ACCOUNTS.get(guide.name, []))
    sandbox = Sandbox(directory, account)
    shell = Shell(sandbox)
    try:
        for number, block in enumerate(blocks_of(guide)):
            before, printed = printed, None
            reason = block.not_run
            try:
                if reason:
                    pass
                elif block.language == "sh":
                    printed = shell.run(number, block.text)
                elif block.language == "text":
                    if before is None:
                        raise Failure("a text block must follow an sh block that is run")
                    if not matches(block.text, before):
                        raise Failure(f"expected\n{block.text}but it printed\n{before}")
                elif block.language == "cpp":
                    reason = check_cpp(block.text)
                elif block.language in PARSERS:
                    PARSERS[block.language](block.text)
                else:
                    raise Failure(f"no way to run a block of '{block.language}': mark it as not run, with the reason")
                if block.file:
                    sandbox.add_file(block.file, block.text)
            except (Failure, ValueError, SyntaxError, configparser.Error, yaml.YAMLError) as error:
                raise Failure(f"{guide.name}:{block.line}: {block.language} block: {redacted(str(error))}") from None
            if reason:
                left.append(f"{guide.name}:{block.line}: {block.language} not run: {reason}")
            else:
                used += 1
    finally:
        shell.close()
        account.close()
    return used, left


def main() -> int:
    if secrets := os.environ.get("ARS_SECRETS_FILE"):
        with open(secrets, "a", encoding="utf-8") as file:
            file.write(SECRET_KEY + "\n")
    failed = 0
    for name in sys.argv[1:]:
        guide = pathlib.Path(name).resolve()
        with tempfile.TemporaryDirectory(prefix="guide.") as directory:
            try:
                used, left = run(guide, pathlib.Path(directory))
            except (Failure, ValueError) as error:
                print(error)
                failed += 1
                continue
        print(*left, f"{guide.name}: {used} blocks used, {len(left)} not", sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
