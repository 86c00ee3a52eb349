"""The runner sees each way in which a guide can be wrong: a guide is written with the fault, run, and must fail for it."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

import run_guide
from guide_blocks import blocks_of, matches


class Matching(unittest.TestCase):
    def test_dots_stand_for_anything_in_a_line(self):
        self.assertTrue(matches("arn ...:role/app\n", "arn  x:y:role/app\n"))
        self.assertFalse(matches("arn ...:role/app\n", "arn\nx:role/app\n"))

    def test_dots_alone_stand_for_any_lines(self):
        for actual in ("first\nlast\n", "first\na\nb\nlast\n"):
            self.assertTrue(matches("first\n...\nlast\n", actual))
        self.assertFalse(matches("first\n...\nlast\n", "first\na\n"))

    def test_everything_else_is_compared(self):
        for actual in ("", "first\n", "first\nsecond\nthird\n", "First\nsecond\n", "first\nsec.nd\n"):
            self.assertFalse(matches("first\nsecond\n", actual))
        self.assertTrue(matches("first  \nsecond\n", "first\nsecond   \n\n"))


class Guides(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def run_guide(self, *blocks):
        """The exit code and what was printed; a block is (language, text) or (language, text, marker)."""
        guide = pathlib.Path(self.directory.name) / "guide.md"
        guide.write_text("# Guide\n\n" + "\n".join(
            "".join(f"<!-- {marker} -->\n" for marker in markers) + f"```{language}\n{text}\n```\n"
            for language, text, *markers in blocks))
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            sys.argv = ["run_guide.py", str(guide)]
            return run_guide.main(), printed.getvalue()

    def refused(self, why, *blocks):
        status, printed = self.run_guide(*blocks)
        self.assertEqual(status, 1, printed)
        self.assertIn(why, printed)

    def test_right_one_passes(self):
        status, printed = self.run_guide(
            ("ini", "[profile x]\nregion = eu-west-1", "file: ~/.aws/config"), ("sh", "word=kept; cat ~/.aws/config"),
            ("text", "...\nregion = ..."), ("sh", "echo $word"), ("text", "kept"), ("cpp", "int x = 1;\nstatic_cast<void>(x);"),
            ("json", "{}"), ("yaml", "a: [1]\n---\nb: 2"), ("python", "x = 1"))
        self.assertEqual((status, printed.splitlines()[-1]), (0, "guide.md: 9 blocks used, 0 not"), printed)

    def test_what_is_not_run_is_listed_with_its_reason(self):
        status, printed = self.run_guide(("sh", "exit 1", "not run: it would fail"))
        self.assertEqual(status, 0)
        self.assertIn("guide.md:4: sh not run: it would fail", printed)

    def test_command_that_fails(self):
        self.refused("ended with 1", ("sh", "true\nfalse\ntrue"))
        self.refused("ended with 1", ("sh", "false | cat"))
        self.refused("unbound variable", ("sh", "echo $nobody_set_this"))
        self.refused("ended with 2", ("sh", "aws-refresh-session whoami --no-such-option"))

    def test_other_output(self):
        self.refused("it printed\nb", ("sh", "echo b"), ("text", "a"))
        self.refused("it printed\na", ("sh", "echo a; echo b >&2"), ("text", "a"))

    def test_output_of_nothing(self):
        self.refused("must follow an sh block", ("text", "a"))
        self.refused("must follow an sh block", ("sh", "echo a", "not run: why not"), ("text", "a"))

    def test_code_that_does_not_compile(self):
        self.refused("does not compile", ("cpp", "int x = nobody;"))
        self.refused("does not compile", ("cpp", "#include <aws_refresh_session/nobody.hpp>"))

    def test_code_for_the_sdk_of_no_example(self):
        self.refused("", ("cpp", "#include <aws/core/Aws.h>\nnobody();"))

    def test_texts_that_do_not_parse(self):
        self.refused("json block", ("json", "{,}"))
        self.refused("yaml block", ("yaml", "a: [1"))
        self.refused("ini block", ("ini", "no section"))
        self.refused("python block", ("python", "def"))

    def test_unknown_language(self):
        self.refused("no way to run a block of 'cobol'", ("cobol", "STOP RUN."))
        self.refused("no way to run a block of ''", ("", "words"))

    def test_file_outside_of_the_sandbox(self):
        self.refused("outside the sandbox", ("ini", "[a]", "file: ../../../etc/nobody"))

    def test_secrets_are_not_in_what_a_failure_shows(self):
        self.refused("(redacted)", ("sh", 'env | grep AWS_SECRET_ACCESS_KEY; false'))
        status, printed = self.run_guide(
            ("sh", 'aws-refresh-session process --no-cache --role-arn arn:aws:iam::123456789012:role/app; false'))
        self.assertEqual(status, 1)
        self.assertRegex(printed, r'"SecretAccessKey": "\(redacted\)", "SessionToken": "\(redacted\)"')

    def test_marker_before_text_is_a_mistake(self):
        guide = pathlib.Path(self.directory.name) / "guide.md"
        guide.write_text("<!-- not run: why -->\nwords\n")
        with self.assertRaisesRegex(ValueError, "a marker stands before text"):
            blocks_of(guide)

    def test_block_without_an_end_is_a_mistake(self):
        guide = pathlib.Path(self.directory.name) / "guide.md"
        guide.write_text("```sh\ntrue\n")
        with self.assertRaisesRegex(ValueError, "without an end"):
            blocks_of(guide)


if __name__ == "__main__":
    unittest.main()
