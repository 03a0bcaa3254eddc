"""The Debian packages: without complaints of lintian, installed in a fresh Debian, used, and gone again when they are removed."""
import json
import os
import platform
import shutil
import subprocess
import unittest

from packaged import ENVIRONMENT, ROOT, SENDER, Case, isolated, need, run, the_only

need("mmdebstrap", "lintian", "unshare", "ip")
PACKAGE = the_only("tempfail_*.deb")
LIBRARY = the_only("libtempfail-dev_*.deb")
CODENAME = platform.freedesktop_os_release()["VERSION_CODENAME"]
FETCHES = {name: os.environ[name] for name in ("http_proxy", "https_proxy") if name in os.environ}


class Deb(Case):
    def test_lintian(self):
        for package in (PACKAGE, LIBRARY):
            said = run("lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0", package, env={**os.environ, "LC_ALL": "C.UTF-8"})
            self.assertNotRegex(said, r"(?m)^[EW]:")

    def test_library(self):
        """A project with GoogleTest finds it where the package puts it, and its test runs servers."""
        if not os.path.exists("/usr/include/gtest/gtest.h"):
            self.skipTest("GoogleTest is not here; to get it: apt-get install libgtest-dev")
        run("dpkg", "--extract", LIBRARY, self.folder / "root")
        run("cmake", "-S", ROOT / "tests/embed/consumer", "-B", self.folder / "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.folder}/root/usr",
            "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0")
        run("cmake", "--build", self.folder / "build")
        self.assertIn("[  PASSED  ] 1 test", run(self.folder / "build/consumer", "--gtest_filter=*PortsOfTheirOwn"))
        files = run("dpkg", "--contents", PACKAGE)
        self.assertNotIn("libtempfail.a", files, "what only tests in C++ need is in the package of the programs")

    def files(self, root):
        """All files but those that apt and dpkg keep for themselves, and what every installation writes."""
        own = ("var/lib/dpkg", "var/lib/apt", "var/cache", "var/log", "proc", "dev", "sys", "run")
        return {path for path in map(str, (p.relative_to(root) for p in root.rglob("*"))) if not path.startswith(own)}

    def inside(self, *command, **options):
        """As root, with the network of this machine."""
        return run("unshare", "--mount", "sh", "-c", 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"', self.root, *command,
                   env={**ENVIRONMENT, **FETCHES, "DEBIAN_FRONTEND": "noninteractive"}, **options)

    def test_installed_used_removed(self):
        self.root = self.folder / "root"
        made = subprocess.run(["mmdebstrap", "--quiet", "--variant=apt", "--skip=cleanup/apt/lists", "--dpkgopt=force-unsafe-io", CODENAME, self.root], capture_output=True,
                              text=True, env={**ENVIRONMENT, **FETCHES}, check=False)
        if made.returncode != 0 and "Could not connect" in made.stderr + made.stdout:
            self.skipTest("no package of Debian can be fetched here")
        self.assertEqual(made.returncode, 0, made.stderr)
        before = self.files(self.root)
        packages = set(self.inside("dpkg-query", "--show", "--showformat", "${Package}\n").split())
        shutil.copy(PACKAGE, self.root / "tempfail.deb")
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        self.inside("apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", "install", "--yes", "--no-install-recommends", "/tempfail.deb")
        brought = set(self.inside("dpkg-query", "--show", "--showformat", "${Package}\n").split()) - packages - {"tempfail"}
        print("brought along:", len(brought), *sorted(brought))
        # GMime's libgpgme is content with gpg alone.
        self.assertFalse(brought & {"gnupg", "dirmngr", "gpgsm", "pinentry-curses"}, brought)
        # Whether apt finds what the library needs is asked only: to install it all would take minutes.
        shutil.copy(LIBRARY, self.root / "libtempfail-dev.deb")
        self.assertIn("Inst libgmime-3.0-dev", self.inside("apt-get", "-qq", "--simulate", "install", "--no-install-recommends", "/libtempfail-dev.deb"))
        (self.root / "libtempfail-dev.deb").unlink()
        self.used()
        self.each_instance_has_its_own()
        self.served_as_the_unit_says()
        self.inside("apt-get", "-qq", "purge", "--yes", "tempfail")
        left = {path for path in self.files(self.root) - before if "tempfail" in path}
        self.assertEqual(left, {"tempfail.deb", *(path for path in left if path.startswith("tmp/"))})

    def used(self):
        """A scenario to its verdict, as nobody; what belongs to the programs is where the system looks for it."""
        report = run(*isolated(self.root, "env", "-C", "/tmp", "/usr/bin/tempfail", "test", "healthy", "disk-full", "no-such-user", "--json",
                               "--time-scale", "3600", "--", "/usr/bin/tempfail-send", *SENDER), env=ENVIRONMENT)
        verdict = json.loads(report)
        self.assertEqual([case["answer"] for case in verdict["cases"]], ["ok"] * 3, report)
        self.assertIn("smtplib", run(*isolated(self.root, "/usr/bin/tempfail", "senders"), env=ENVIRONMENT))
        for path in ("share/man/man1/tempfail.1.gz", "share/man/man1/tempfail-test.1.gz", "share/man/man1/tempfail-send.1.gz",
                     "share/bash-completion/completions/tempfail", "share/bash-completion/completions/tempfail-send",
                     "share/zsh/vendor-completions/_tempfail", "share/fish/vendor_completions.d/tempfail.fish",
                     "share/doc/tempfail/copyright", "share/doc/tempfail/examples/three-servers/store.conf",
                     "share/doc/tempfail/changelog.gz", "share/tempfail/scenarios/schema.json"):
            self.assertGreater((self.root / "usr" / path).stat().st_size, 20, path)

    def unit(self, name):
        """The unit's text. It is one that systemd takes, is sealed well, and is not enabled."""
        unit = self.root / "usr/lib/systemd/system" / name
        if not unit.exists():
            unit = self.root / "lib/systemd/system" / name
        if shutil.which("systemd-analyze"):
            # Of 100 in all, as systemd counts what a service could do; 0 is nothing.
            run("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)
            self.taken_by_systemd(unit)
        self.assertFalse(list((self.root / "etc/systemd").rglob(name)), "it is enabled, and nobody has asked for that")
        return unit.read_text()

    def taken_by_systemd(self, unit):
        """Each key is one that it knows, each value one that it takes, and what the unit is ordered after exists."""
        root = self.folder / "verified"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
        shutil.copy(unit, root / "usr/lib/systemd/system")
        (root / "usr/bin").mkdir(parents=True)
        shutil.copy(self.root / "usr/bin/tempfail", root / "usr/bin")
        run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", "--root", root, unit.name.replace("@.", "@one."))

    def each_instance_has_its_own(self):
        """Two instances of the template share no file and no directory; else it is the service itself."""
        plain = self.unit("tempfail.service")
        template = self.unit("tempfail@.service")
        for own in ("EnvironmentFile=-/etc/default/tempfail-%i", "StateDirectory=tempfail-%i", "RuntimeDirectory=tempfail-%i", "WorkingDirectory=%S/tempfail-%i",
                    "--ready-file %t/tempfail-%i/ready.json"):
            self.assertIn(own, template)
        self.assertEqual(template.replace("-%i", "").replace("@NAME", ""), plain)

    def served_as_the_unit_says(self):
        """What the unit starts is ready; nothing was started by itself."""
        text = self.unit("tempfail.service")
        command = next(line for line in text.splitlines() if line.startswith("ExecStart=")).partition("=")[2]
        environment = (self.root / "etc/default/tempfail").read_text()
        script = (environment + command.replace("%t/tempfail", "/tmp").replace("--http 8025", "") + " & server=$!; "
                  "for i in $(seq 600); do /usr/bin/tempfail control --url http://127.0.0.1:8025 ready && break; "
                  "read -t 0.1 x <> <(:); done; kill $server; wait $server")
        said = run(*isolated(self.root, "bash", "-c", script), env=ENVIRONMENT)
        self.assertIn("\nready\n", said)
        self.assertIn("stopped: ", said)


if __name__ == "__main__":
    unittest.main()
