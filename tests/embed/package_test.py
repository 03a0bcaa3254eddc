#!/usr/bin/env python3
"""The simulator as an installed library: a project of somebody else finds it with find_package, links it and runs its tests.

    package_test.py CMAKE BUILD_DIRECTORY
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CMAKE, BUILD = sys.argv[1:3]
LIMIT = 500


def run(*command, expect=0):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=LIMIT)
    if done.returncode != expect:
        raise AssertionError(f"{command[0]} ended with {done.returncode}, not {expect}\n{done.stdout}")
    return done.stdout


def of_cache(name):
    lines = pathlib.Path(BUILD, "CMakeCache.txt").read_text().splitlines()
    return next(line.split("=", 1)[1] for line in lines if line.startswith(name + ":"))


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if pathlib.Path(BUILD, "CMakeCache.txt").read_text().find("TEMPFAIL_SANITIZE:STRING=\n") < 0:
            print("skipped: a library with sanitizers is none that others link")
            sys.exit(77)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-library-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.prefix = cls.folder / "prefix"
        run(CMAKE, "--install", BUILD, "--prefix", cls.prefix, "--component", "library")

    def built(self, source, name, *options):
        folder = self.folder / name
        run(CMAKE, "-S", source, "-B", folder, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_CXX_COMPILER={of_cache('CMAKE_CXX_COMPILER')}", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0", *options)
        run(CMAKE, "--build", folder)
        return folder

    def test_what_is_installed_is_one_library_and_its_headers(self):
        files = {str(path.relative_to(self.prefix)) for path in self.prefix.rglob("*") if path.is_file()}
        self.assertEqual({name for name in files if name.endswith((".a", ".hpp"))} - {f"include/tempfail/{name}.hpp" for name in
                         ("server", "catch2", "gtest")}, {name for name in files if name.endswith("libtempfail.a")}, files)
        header = (self.prefix / "include/tempfail/server.hpp").read_text()
        for inside in ("boost", "sys/socket", "control/", "openssl", "nlohmann"):
            self.assertNotIn(f"#include <{inside}", header)
            self.assertNotIn(f'#include "{inside}', header)

    def test_a_project_with_googletest(self):
        if not pathlib.Path("/usr/include/gtest/gtest.h").exists():
            self.skipTest("GoogleTest is not here; to get it: apt-get install libgtest-dev")
        program = self.built(ROOT / "tests/embed/consumer", "consumer") / "consumer"
        self.assertIn("[  PASSED  ] 1 test", run(program, "--gtest_filter=*PortsOfTheirOwn"))
        said = run(program, "--gtest_filter=*NobodyCame", expect=1)
        self.assertIn("disk-full: not-met", said)
        self.assertIn("tempfail disk-full at 127.0.0.1:", said)

    def test_another_version_is_not_found(self):
        with self.assertRaisesRegex(AssertionError, "Could not find a configuration file"):
            self.built(ROOT / "tests/embed/consumer", "other", "-DTEMPFAIL_WANTED_VERSION=99.0")

    def test_the_example(self):
        if not shutil.which("curl-config"):
            self.skipTest("libcurl's headers are not here; to get them: apt-get install libcurl4-openssl-dev")
        folder = self.built(ROOT / "examples/libcurl", "example")
        self.assertIn("3 test cases", run(folder / "invoices_test"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
