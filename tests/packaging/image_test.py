"""The container image: it starts, says that it is healthy, answers, reaps, judges; and stops when it is told to."""
import json
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import unittest

from packaged import SENDER, need, run, the_only

need("podman", "runc")
IMAGE = the_only(f"tempfail-*-linux-{platform.machine()}.docker.tar")
# crun can't run where the limits of a container's processes may not be raised; no network but its own loopback.
LIMITS = ["--network=none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.storage = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-image-", dir="/var/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.storage, ignore_errors=True)
        said = run(*cls.podman("load", "--input", IMAGE))
        cls.name = said.strip().rpartition(": ")[2]
        probe = subprocess.run(cls.podman("run", "--rm", *LIMITS, cls.name, "--version"), capture_output=True, text=True, check=False)
        if probe.returncode != 0:
            print("skipped: no container can be run here: " + probe.stderr.strip())
            sys.exit(77)
        assert probe.stdout.startswith("tempfail "), probe.stdout

    @classmethod
    def podman(cls, *words):
        return ["podman", "--storage-driver", "vfs", "--root", cls.storage / "root", "--runroot", cls.storage / "run", "--runtime", "runc",
                "--cgroup-manager", "cgroupfs", "--events-backend", "none", *words]

    def test_what_it_says_of_itself(self):
        config = json.loads(run(*self.podman("image", "inspect", self.name)))[0]
        self.assertEqual(config["Healthcheck"]["Test"][-1].split()[-1], "ready")
        self.assertEqual(config["User"], "65532:65532")
        self.assertLess(config["Size"], 60e6)

    def test_healthy_and_answering(self):
        server = run(*self.podman("run", "--detach", *LIMITS, self.name)).strip()
        self.addCleanup(subprocess.run, self.podman("rm", "--force", "--time", "0", server), capture_output=True)
        inside = lambda *command, **options: run(*self.podman("exec", server, "/usr/bin/tempfail", *command), **options)
        # It exits with 3 until somebody listens; a healthcheck is asked again by whoever runs containers.
        for _ in range(600):
            asked = subprocess.run(self.podman("healthcheck", "run", server), capture_output=True, text=True, check=False)
            if asked.returncode == 0:
                break
        self.assertEqual(asked.returncode, 0, asked.stdout + asked.stderr)
        self.assertEqual(inside("control", "--url", "http://127.0.0.1:8025", "ready"), "ready\n")
        # Others could reach it, so it wants the token that it has printed.
        log = run(*self.podman("logs", server))
        self.assertIn("token of the API: ", log)
        run(*self.podman("stop", "--time", "20", server))
        self.assertEqual(json.loads(run(*self.podman("inspect", server)))[0]["State"]["ExitCode"], 0)

    def test_a_verdict_inside(self):
        report = run(*self.podman("run", "--rm", *LIMITS, self.name, "test", "healthy", "disk-full", "--time-scale", "3600", "--json", "--",
                                  "/usr/bin/tempfail-send", *SENDER))
        self.assertEqual([case["answer"] for case in json.loads(report)["cases"]], ["ok"] * 2, report)


if __name__ == "__main__":
    unittest.main()
