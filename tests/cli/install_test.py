"""What `cmake --install` puts where, and that the installed program works by itself.

    install_test.py CMAKE BUILD_DIRECTORY
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

import program

CMAKE, BUILD = sys.argv[1:3]


class Install(program.Case):
    def install(self, *options):
        result = subprocess.run([CMAKE, "--install", BUILD, "--prefix", self.directory, *options], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_each_program_by_itself(self):
        for name, other in (("tempfail-send", "tempfail"), ("tempfail", "tempfail-send")):
            self.install("--component", name)
            programs = self.directory / "bin"
            self.assertEqual([path.name for path in programs.iterdir()], [name], other)
            (programs / name).unlink()

    def test_a_program_that_was_built_alone_is_complete(self):
        """All that is made for its component is made by its link, so that nothing else has to be built before it is installed."""
        rules = (pathlib.Path(BUILD) / "build.ninja").read_text()
        for folder, name, least in (("client/cli", "tempfail-send", 4), ("simulator/cli", "tempfail", 17)):
            [linked] = re.findall(rf"^build ([^:]*): CXX_EXECUTABLE_LINKER__{name}_", rules, re.M)
            installs = (pathlib.Path(BUILD) / folder / "cmake_install.cmake").read_text()
            made = set(re.findall(rf'"{re.escape(BUILD)}/([^"]+/generated/[^"]+)"', installs))
            self.assertGreaterEqual(len(made), least)
            self.assertEqual(made - set(linked.split()), set(), name)

    def test_installed_tree(self):
        self.install()
        share = self.directory / "share"
        for path in ("man/man1/tempfail.1", "man/man1/tempfail-test.1", "bash-completion/completions/tempfail",
                     "zsh/site-functions/_tempfail", "fish/vendor_completions.d/tempfail.fish",
                     "man/man1/tempfail-send.1", "bash-completion/completions/tempfail-send", "zsh/site-functions/_tempfail-send",
                     "fish/vendor_completions.d/tempfail-send.fish", "tempfail/scenarios/schema.json", "tempfail/senders/postfix/sender.yaml", "tempfail/senders/tempfail_sender/mta.py", "tempfail/scenarios/disk/disk-full.yaml", "doc/tempfail/LICENSE",
                     "doc/tempfail/examples/three-servers/store.conf"):
            self.assertGreater((share / path).stat().st_size, 100, path)
        installed = subprocess.run([self.directory / "bin" / "tempfail", "list", "--names"], capture_output=True, text=True,
                                   cwd="/", env={"PATH": os.environ["PATH"]}, check=True)
        files = {file.stem for file in (share / "tempfail" / "scenarios").glob("*/*.yaml")}
        self.assertEqual(files, set(installed.stdout.split()))
        known = subprocess.run([self.directory / "bin" / "tempfail", "senders", "--json", "smtplib"], capture_output=True, text=True,
                               cwd="/", env={"PATH": os.environ["PATH"]}, check=True)
        self.assertEqual(json.loads(known.stdout)[0]["folder"], str(share / "tempfail/senders/smtplib"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
