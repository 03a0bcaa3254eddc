#!/usr/bin/env python3
"""The wheel and the npm package: each carries the static program, with the list of what is linked in and its licences."""
import json
import platform
import tarfile
import unittest
import zipfile

from packaged import Case, run, the_only

CPU = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]


class Carried(Case):
    def archive(self):
        path = the_only(f"tempfail-*-linux-{platform.machine()}.tar.xz")
        run("tar", "--extract", "--file", path, "--directory", self.folder)
        return self.folder / path.name.removesuffix(".tar.xz")

    def check(self, program, components, licences):
        tree = self.archive()
        self.assertEqual(program, (tree / "bin/tempfail").read_bytes())
        self.assertEqual(licences, (tree / "LICENSES").read_bytes())
        self.assertIn("openssl", {one["name"] for one in json.loads(components)["components"]})
        self.assertEqual(components, (tree / "sbom.cdx.json").read_bytes())

    def test_wheel(self):
        with zipfile.ZipFile(the_only(f"tempfail-*{platform.machine()}.whl")) as wheel:
            self.assertIsNone(wheel.testzip())
            [info] = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" in name}
            self.assertIn(f"{info}/sboms/sbom.cdx.json", wheel.read(f"{info}/RECORD").decode())
            self.check(wheel.read("tempfail/bin/tempfail"), wheel.read(f"{info}/sboms/sbom.cdx.json"), wheel.read(f"{info}/LICENSES"))

    def test_npm(self):
        with tarfile.open(the_only("tempfail-*.tgz")) as package:
            self.check(*(package.extractfile(f"package/bin/linux-{CPU}/{name}").read() for name in ("tempfail", "sbom.cdx.json", "LICENSES")))


if __name__ == "__main__":
    unittest.main()
