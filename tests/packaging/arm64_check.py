#!/usr/bin/env python3
"""The archive for 64-bit ARM, under qemu: both programs, a scenario to its verdict. Run by scripts/release-check: it needs an hour's build."""
import json
import unittest

from packaged import SENDER, Case, need, run, the_only

need("qemu-aarch64-static", "unshare", "ip")
ARCHIVE = the_only("tempfail-*-linux-aarch64.tar.xz")


class Arm64(Case):
    def test_a_verdict(self):
        run("tar", "--extract", "--file", ARCHIVE, "--directory", self.folder)
        programs = self.folder / ARCHIVE.name.removesuffix(".tar.xz") / "bin"
        self.assertIn("AArch64", run("readelf", "--file-header", programs / "tempfail"))
        report = run("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", "qemu-aarch64-static", programs / "tempfail", "test", "healthy",
                     "disk-full", "no-such-user", "--json", "--time-scale", "600", "--", "qemu-aarch64-static", programs / "tempfail-send", *SENDER,
                     cwd=self.folder)
        self.assertEqual([case["answer"] for case in json.loads(report)["cases"]], ["ok"] * 3, report)


if __name__ == "__main__":
    unittest.main()
