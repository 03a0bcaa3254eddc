"""What .ci/run makes of skipped tests (skips.py): those that the list names may be skipped, and none of the lab's is named."""
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

import skips

HERE = pathlib.Path(__file__).resolve().parent
LIST = HERE.parent / "may-skip.txt"


def junit(*cases):
    """A file as ctest writes it: (name, what it printed), and whether it was skipped as a whole."""
    rows = "".join(f'<testcase name="{name}" status="{"notrun" if skipped else "run"}">{"<skipped/>" if skipped else ""}'
                   f"<system-out>{said}</system-out></testcase>" for name, said, skipped in cases)
    return f"<testsuite>{rows}</testsuite>"


class Skips(unittest.TestCase):
    def judged(self, *cases, lists=(LIST,)):
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
            file.write(junit(*cases))
            file.flush()
            said = io.StringIO()
            with mock.patch.object(sys, "argv", ["skips.py", file.name, *map(str, lists)]), contextlib.redirect_stdout(said):
                return skips.main(), said.getvalue()

    def test_a_lab_that_can_not_be_made_is_a_failure(self):
        status, said = self.judged(("lab.network", "skipped: no lab on this machine: exit status 3", True), ("unit.wire", "", False))
        self.assertEqual(status, 1)
        self.assertIn("NOT ALLOWED: lab.network (skipped: no lab on this machine: exit status 3)", said)

    def test_parts_that_were_left_out_count(self):
        status, said = self.judged(("lab.network", "OK (skipped=2)", False))
        self.assertEqual(status, 1)
        self.assertIn("NOT ALLOWED: lab.network (2 of its parts skipped)", said)

    def test_those_of_the_list_may_be_skipped(self):
        self.assertEqual(self.judged(("fixtures.rust", "skipped: no cargo", True), ("unit.wire", "", False))[0], 0)

    def test_a_preset_has_a_list_of_its_own(self):
        parts = ("cli.serve", "OK (skipped=2)", False)
        self.assertEqual(self.judged(parts)[0], 1)
        self.assertEqual(self.judged(parts, lists=(LIST, LIST.parent / "may-skip-asan.txt"))[0], 0)

    def test_nothing_that_ran_proves_nothing(self):
        self.assertEqual(self.judged()[0], 1)

    def test_the_list_names_no_test_of_the_lab(self):
        self.assertEqual([name for name in skips.may_skip(LIST) if "lab" in name], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
