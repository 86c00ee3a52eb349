"""check-layers must refuse each of these files, alone in a tree, and take each of the others."""

import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "check-layers"
LOADER = importlib.machinery.SourceFileLoader("check_layers", str(SCRIPT))
check_layers = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_layers", LOADER))
sys.dont_write_bytecode = True
LOADER.exec_module(check_layers)

REFUSED = {
    "core includes aws": ("src/core/a.cpp", '#include "aws/sigv4.hpp"'),
    "core includes providers": ("src/core/a.cpp", '#include "providers/sts.hpp"'),
    "aws includes transport": ("src/aws/a.cpp", '#include "transport/curl.hpp"'),
    "aws includes providers": ("src/aws/a.hpp", '#include "providers/sts.hpp"'),
    "profile includes aws": ("src/profile/a.cpp", '#include "aws/sigv4.hpp"'),
    "transport includes aws": ("src/transport/a.cpp", '#include "aws/sigv4.hpp"'),
    "providers include transport": ("src/providers/a.cpp", '#include "transport/curl.hpp"'),
    "server includes core": ("src/server/a.cpp", '#include "core/log.hpp"'),
    "curl outside transport": ("src/providers/a.cpp", "#include <curl/curl.h>"),
    "curl in the composition root": ("src/defaults.cpp", "#include <curl/curl.h>"),
    "foreign header in the public API": ("include/aws_refresh_session/a.hpp", "#include <nlohmann/json.hpp>"),
    "POSIX header in the public API": ("include/aws_refresh_session/a.hpp", "#include <unistd.h>"),
    "internal header in the public API": ("include/aws_refresh_session/a.hpp", '#include "core/log.hpp"'),
    "internal header in an adapter": ("include/aws_refresh_session/adapters/a.hpp", '#include "core/log.hpp"'),
    "emulator shares the signer": ("emulator/a.cpp", '#include "aws/sigv4.hpp"'),
    "emulator includes core": ("emulator/a.cpp", '#include "core/log.hpp"'),
    "cli includes core": ("cli/a.cpp", '#include "core/log.hpp"'),
    "cli includes aws": ("cli/a.cpp", '#include "aws/sigv4.hpp"'),
    "python includes core": ("python/a.cpp", '#include "core/log.hpp"'),
    "example includes core": ("examples/a.cpp", '#include "core/log.hpp"'),
    "include climbs": ("src/core/a.cpp", '#include "core/../aws/sigv4.hpp"'),
    "include without a folder": ("src/core/a.cpp", '#include "log.hpp"'),
    "spaced include": ("src/core/a.cpp", '  #  include   "aws/sigv4.hpp"'),
    "wall clock": ("src/core/a.cpp", "auto now = std::chrono::system_clock::now();"),
    "steady clock": ("src/aws/a.cpp", "auto now = std::chrono::steady_clock :: now();"),
    "clock of a time point": ("src/aws/a.cpp", "auto now = WallTime::clock::now();"),
    "high resolution clock": ("src/core/a.cpp", "using Clock = std::chrono::high_resolution_clock;"),
    "clock in a public header": ("include/aws_refresh_session/a.hpp", "auto now = std::chrono::steady_clock::now();"),
    "clock_gettime": ("src/core/a.cpp", "::clock_gettime(CLOCK_REALTIME, &time);"),
    "time(nullptr)": ("src/core/a.cpp", "auto now = std::time(nullptr);"),
    "getenv": ("src/core/a.cpp", 'auto home = std::getenv("HOME");'),
    "secure_getenv": ("src/core/a.cpp", 'auto home = ::secure_getenv("HOME");'),
    "sleep_for": ("src/core/a.cpp", "std::this_thread::sleep_for(1s);"),
    "sleep_until": ("src/core/a.cpp", "std::this_thread::sleep_until(then);"),
    "sleep": ("src/core/a.cpp", "::sleep(1);"),
    "usleep": ("src/core/a.cpp", "usleep(1000);"),
    "nanosleep": ("src/core/a.cpp", "::nanosleep(&time, nullptr);"),
    "timed wait of a condition": ("src/core/a.cpp", "condition.wait_until(lock, then);"),
    "timed wait of a member": ("src/core/a.cpp", "done_->wait_for(lock, 1s);"),
    "clock in the composition root": ("src/session.cpp", "auto now = std::chrono::system_clock::now();"),
    "after a raw string": ("src/core/a.cpp", 'auto a = R"(" // )"; usleep(1);'),
    "after a character": ("src/core/a.cpp", "auto a = '\"'; usleep(1);"),
}

TAKEN = {
    "core includes core": ("src/core/a.cpp", '#include "core/log.hpp"'),
    "public header": ("src/core/a.cpp", "#include <aws_refresh_session/clock.hpp>"),
    "providers include aws": ("src/providers/a.cpp", '#include "aws/sigv4.hpp"'),
    "session composes": ("src/session.cpp", '#include "transport/curl.hpp"\n#include "providers/sts.hpp"'),
    "curl in transport": ("src/transport/a.cpp", "#include <curl/curl.h>"),
    "emulator uses the XML": ("emulator/a.cpp", '#include "aws/xml.hpp"'),
    "cli runs the emulator": ("cli/a.cpp", '#include "emulator/server.hpp"'),
    "foreign header in an adapter": ("include/aws_refresh_session/adapters/a.hpp", "#include <aws/core/Aws.h>"),
    "neighbours in the composition root": ("src/session.cpp", '#include "method_registry.hpp"'),
    "waits by the clock": ("src/core/a.cpp", "clock_->wait_until(c, lock, then); system_clock()->wait_until(c, lock, then);"),
    "the clock's own file": ("src/core/clock.cpp", "auto now = std::chrono::system_clock::now();"),
    "the environment's own file": ("src/core/environment.cpp", 'auto home = std::getenv("HOME");'),
    "comments": ("src/core/a.cpp", "// never sleep_for\n/* getenv\n */ int a = 1'000;"),
    "strings": ("src/core/a.cpp", 'auto a = "usleep(1)"; auto b = R"x(getenv)x";'),
    "words that only look alike": ("src/core/a.cpp", "bool asleep(int); auto runtime(nullptr_t); my_getenv_count();"),
    "clocks in the emulator": ("emulator/a.cpp", "auto now = std::chrono::system_clock::now();"),
}


def faults(path, text):
    with tempfile.TemporaryDirectory() as tree:
        file = pathlib.Path(tree, path)
        file.parent.mkdir(parents=True)
        file.write_text("#pragma once\n" + text + "\n", encoding="utf-8")
        return check_layers.check(pathlib.Path(tree))[1]


class CheckLayers(unittest.TestCase):
    def test_each_violation_is_refused_with_its_file_and_line(self):
        for name, (path, text) in REFUSED.items():
            with self.subTest(name):
                found = faults(path, text)
                self.assertTrue(found)
                self.assertTrue(found[0].startswith(f"{path}:2: "), found)

    def test_what_the_rules_allow_is_taken(self):
        for name, (path, text) in TAKEN.items():
            with self.subTest(name):
                self.assertEqual(faults(path, text), [])

    def test_a_folder_without_a_rule_is_refused(self):
        self.assertTrue(faults("src/helpers/a.cpp", "")[0].startswith("src/helpers/a.cpp:1: "))

    def test_the_program_fails_on_a_violation_and_on_an_empty_tree(self):
        with tempfile.TemporaryDirectory() as tree:
            run = lambda: subprocess.run([SCRIPT, tree], capture_output=True, check=False).returncode
            self.assertEqual(run(), 1)
            file = pathlib.Path(tree, "src", "core", "a.cpp")
            file.parent.mkdir(parents=True)
            file.write_text("", encoding="utf-8")
            self.assertEqual(run(), 0)
            file.write_text("int a = getenv;\n", encoding="utf-8")
            self.assertEqual(run(), 1)


unittest.main()
