"""The commit that `--version` says: from a checkout, an archive, a variable, or nowhere.

    version_test.py CMAKE TEMPFAIL TEMPFAIL_SEND
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CMAKE, *PROGRAMS = sys.argv[1:4]
IDENTITY = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.test", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.test",
            "GIT_CONFIG_GLOBAL": os.devnull}


class Version(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-version-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.source = self.folder / "source"
        self.file = self.folder / "version.cpp"
        shutil.copytree(ROOT / "version", self.source / "version")
        shutil.copy(ROOT / ".gitattributes", self.source)

    def git(self, *arguments):
        return subprocess.run(["git", *arguments], cwd=self.source, env={**os.environ, **IDENTITY}, capture_output=True, check=True).stdout

    def check_out(self):
        self.git("init", "-q")
        self.git("add", ".")
        self.git("commit", "-qm", "all")
        return self.git("rev-parse", "HEAD").decode()[:12]

    def description(self, source=None, commit=""):
        source = source or self.source
        subprocess.run([CMAKE, f"-DSOURCE={source}", f"-DFILE={self.file}", "-DNUMBER=1.2.3", "-DBUILD=Debug", f"-DCOMMIT={commit}",
                        "-P", source / "version" / "write_version.cmake"], check=True, capture_output=True)
        return re.search(r'return "(.*)";', self.file.read_text())[1]

    def test_checkout(self):
        commit = self.check_out()
        self.assertEqual(self.description(), f"1.2.3 (commit {commit}, Debug)")
        written = self.file.stat().st_mtime_ns
        self.description()
        self.assertEqual(self.file.stat().st_mtime_ns, written, "written again without need: all would be linked again")
        with open(self.source / "version" / "version.hpp", "a") as file:
            file.write("// changed\n")
        self.assertEqual(self.description(), f"1.2.3 (commit {commit} with changes, Debug)")

    def test_archive(self):
        commit = self.check_out()
        archive = self.folder / "archive"
        archive.mkdir()
        subprocess.run(["tar", "-x"], input=self.git("archive", "HEAD"), cwd=archive, check=True)
        self.assertEqual(self.description(archive), f"1.2.3 (commit {commit}, Debug)")

    def test_nobody_says(self):
        self.assertEqual(self.description(), "1.2.3 (commit unknown, Debug)")

    def test_the_one_who_builds_says(self):
        self.check_out()
        self.assertEqual(self.description(commit="abc"), "1.2.3 (commit abc, Debug)")

    def test_both_programs_say_it(self):
        said = []
        for program in PROGRAMS:
            line = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
            name, _, rest = line.partition(" ")
            self.assertEqual(name, os.path.basename(program))
            self.assertRegex(rest, r"^\d+\.\d+\.\d+ \(commit ([0-9a-f]{12}( with changes)?|unknown), \w+[^()]*\)\n$")
            said.append(rest)
        self.assertEqual(said[0], said[1])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
