"""The archive with static programs: in a root that has nothing else they judge a sender, and know names; what is in them is told."""
import json
import os
import platform
import re
import subprocess
import sys
import unittest

from packaged import ENVIRONMENT, ROOT, SENDER, Case, isolated, need, run, the_only

need("unshare", "ip", "xz", "readelf")
ARCHIVE = the_only(f"tempfail-*-linux-{platform.machine()}.tar.xz")
# The library that holds the list of components against its schema; of PyPI, in an environment of its own.
VALIDATOR = "cyclonedx-python-lib[json-validation]==8.9.0"


class Archive(Case):
    def setUp(self):
        super().setUp()
        run("tar", "--extract", "--file", ARCHIVE, "--directory", self.folder)
        self.tree = self.folder / ARCHIVE.name.removesuffix(".tar.xz")

    def test_programs_need_nothing(self):
        for name in ("tempfail", "tempfail-send"):
            program = self.tree / "bin" / name
            self.assertNotIn("NEEDED", run("readelf", "--dynamic", program))
            self.assertNotIn("INTERP", run("readelf", "--program-headers", "--wide", program))
            self.assertIn("static", run(program, "--version"))
        self.assertEqual(sorted(path.name for path in self.tree.iterdir()), ["CHANGELOG.md", "LICENSE", "LICENSES", "bin", "sbom.cdx.json", "share"])

    def empty_root(self):
        root = self.folder / "root"
        (root / "tmp").mkdir(parents=True)
        (root / "tmp").chmod(0o1777)
        (root / "dev").mkdir()
        run("cp", "-r", self.tree / "bin", root / "bin")
        os.chmod(self.folder, 0o755)
        # What every container has.
        os.mknod(root / "dev" / "null", 0o20666, os.makedev(1, 3))
        os.chmod(root / "dev" / "null", 0o666)
        return root

    def in_empty_root(self, root, *command, **options):
        return run(*isolated(root, *command), env=ENVIRONMENT, **options)

    def test_a_verdict_in_an_empty_root(self):
        root = self.empty_root()
        report = self.in_empty_root(root, "/bin/tempfail", "test", "healthy", "disk-full", "no-such-user", "--json", "--time-scale",
                                    "3600", "--report-dir", "/tmp/report", "--", "/bin/tempfail-send", *SENDER)
        verdict = json.loads(report)
        self.assertEqual([case["answer"] for case in verdict["cases"]], ["ok"] * 3, report)
        self.assertGreater((root / "tmp/report/index.html").stat().st_size, 1000)

    def test_names(self):
        """What glibc knows without any library of the machine: files and DNS."""
        root = self.empty_root()
        for file, host in ((None, "localhost"), ("127.0.0.1 named.example\n", "named.example")):
            if file:
                (root / "etc").mkdir(exist_ok=True)
                (root / "etc/hosts").write_text(file)
            with self.subTest(host=host):
                # The client of the API looks the name up with getaddrinfo; that nobody listens there is the answer.
                done = subprocess.run(isolated(root, "/bin/tempfail", "control", "--url", f"http://{host}:9", "ready"), env=ENVIRONMENT,
                                      capture_output=True, text=True, check=False)
                expected = "Connection refused" if file else "(Connection refused|Host not found)"
                self.assertRegex(done.stderr, expected)
                self.assertEqual(done.returncode, 3)
                print(host, "without" if not file else "with", "/etc/hosts:", done.stderr.strip())

    def test_licences(self):
        text = (self.tree / "LICENSES").read_text()
        for name in ("openssl", "glibc", "glib2.0", "gmime", "gpgme1.0", "sqlite3", "yaml-cpp", "ldns", "c-ares", "boost1.81", "cli11", "nlohmann-json3"):
            self.assertRegex(text, rf"(?m)^{re.escape(name)} +\S+ +(linked|included) +\S", name)
        self.assertIn("GNU LESSER GENERAL PUBLIC LICENSE", text)
        self.assertIn("MIT License", (self.tree / "LICENSE").read_text())

    def test_components(self):
        """The list is what its schema asks for, says what the programs are, and where each library came from."""
        path = self.tree / "sbom.cdx.json"
        content = json.loads(path.read_text())
        by_name = {one["name"]: one for one in content["components"]}
        for name in ("tempfail", "tempfail-send"):
            digest = run("sha256sum", self.tree / "bin" / name).split()[0]
            self.assertEqual(by_name[name]["hashes"], [{"alg": "SHA-256", "content": digest}])
        for name in ("openssl", "glib2.0", "gmime", "sqlite3"):
            self.assertRegex(by_name[name]["purl"], rf"^pkg:deb/debian/{re.escape(name)}@\S+")
        validator = ROOT / "build" / "cyclonedx"
        if not (validator / "bin/python").exists():
            run(sys.executable, "-m", "venv", validator)
        ready = subprocess.run([validator / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", VALIDATOR], capture_output=True,
                               text=True, check=False)
        if ready.returncode != 0:
            self.skipTest("the library that validates it can't be installed: " + ready.stderr.strip()[-200:])
        said = run(validator / "bin/python", "-c", VALIDATE, path)
        self.assertEqual(said, "valid\n")
        content["components"][0]["licenses"] = "free"
        broken = self.folder / "broken.json"
        broken.write_text(json.dumps(content))
        self.assertNotEqual(run(validator / "bin/python", "-c", VALIDATE, broken), "valid\n", "it would take anything")


VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(open(sys.argv[1]).read())
print("valid" if error is None else error)
"""

if __name__ == "__main__":
    unittest.main()
