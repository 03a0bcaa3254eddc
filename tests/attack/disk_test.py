#!/usr/bin/env python3
"""A report directory on a disk that is full, or has no room for one more file: every case is told all the same."""
import os
import subprocess
import sys
import unittest

import attack
from attack import program


class Disk(program.Case):
    def table(self, *options):
        """What `test` says of eight cases with a disk like this."""
        folder = self.directory / "small"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", folder], check=True)
        try:
            run = program.run("test", "disk/*", "--report-dir", folder / "reports", "--jobs", "2", "--", "true")
        finally:
            subprocess.run(["umount", "-l", folder], check=True)
            folder.rmdir()
        self.assertEqual(run.returncode, 3, run.stdout + run.stderr)
        return run.stdout

    def test_the_table_is_printed_all_the_same(self):
        for options in (["size=24k"], ["size=200k"], ["size=4m", "nr_inodes=12"], ["size=4m", "nr_inodes=30"]):
            with self.subTest(options):
                text = self.table(*options)
                self.assertRegex(text, r"\n\d+ cases: ")
                self.assertIn("No space left on device", text)
                self.assertIn("disk/disk-full-at-mail", text)


def main():
    if os.environ.get("TEMPFAIL_IN_NAMESPACE") != "1":
        probe = subprocess.run(["unshare", "-Urm", "true"], stderr=subprocess.DEVNULL)
        if probe.returncode != 0:
            print("skipped: this system lets nobody make a mount namespace")
            return 77
        return subprocess.run(["unshare", "-Urm", sys.executable, __file__],
                              env={**os.environ, "TEMPFAIL_IN_NAMESPACE": "1"}).returncode
    return attack.program.main()


if __name__ == "__main__":
    sys.exit(main())
