"""The lab inside of a container: with what the manual says it works, and what is missing is said to the letter.

The container has this machine's own files, below a layer of its own, so that the program under test runs in it.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import sealed

NEEDED = ("SYS_ADMIN", "NET_ADMIN", "NET_RAW")
# crun can't run where the limits of a container's processes may not be raised; no network but its own loopback.
LIMITS = ["--network=none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}


class Containers:
    def __init__(self):
        self.storage = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-container-", dir="/var/tmp"))
        self.program = sealed.Program()

    def remove(self):
        self.program.remove()
        # Layers are mounted below, and only podman knows how they are taken away.
        subprocess.run(self.podman("system", "reset", "--force"), capture_output=True, timeout=120)
        shutil.rmtree(self.storage, ignore_errors=True)

    def podman(self, *words):
        return ["podman", "--storage-driver", "vfs", "--root", self.storage / "root", "--runroot", self.storage / "run", "--runtime", "runc",
                "--cgroup-manager", "cgroupfs", "--events-backend", "none", *words]

    def run(self, options, *command):
        """A command in a new container that may do what these options say."""
        folder = self.program.folder
        return subprocess.run([str(word) for word in self.podman("run", "--rm", *LIMITS, *options, "--volume", f"{folder}:{folder}", "--workdir",
                                                                 folder, "--rootfs", "/:O", *command)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, env=ENVIRONMENT)

    def lab(self, options, *command):
        return self.run(options, self.program.tempfail, "lab", "-q", "--scenario", "healthy", "--", *command)


class Container(unittest.TestCase):
    def refused(self, *options):
        """The line that tempfail says where it can't make a lab, and ends with. One that warns may come before it."""
        done = CONTAINERS.lab(options, "true")
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
        said = done.stderr.splitlines()[-1]
        self.assertIn("tempfail lab: the lab can't be made: ", said)
        return said

    def test_with_what_the_manual_says_it_works(self):
        options = [word for name in NEEDED for word in ("--cap-add", name)]
        done = CONTAINERS.lab([*options, "--security-opt", "apparmor=unconfined"], sealed.PYTHON, CONTAINERS.program.inside, "look")
        self.assertEqual(done.returncode, 0, done.stderr)
        seen = json.loads(done.stdout)
        self.assertEqual((seen["host_name"], seen["devices"], seen["own_address"]), ("mail.sender.test", ["eth0", "lo"], "203.0.113.2"))
        self.assertIn("nameserver 192.0.2.53\n", seen["resolv_conf"])

    def test_a_case_is_judged(self):
        options = [word for name in NEEDED for word in ("--cap-add", name)]
        shutil.copy2(sealed.HERE.parent / "cli" / "sender.py", CONTAINERS.program.folder)
        done = CONTAINERS.run([*options, "--security-opt", "apparmor=unconfined"], CONTAINERS.program.tempfail, "lab", "test", "disk-full",
                              "--json", "--time-scale", 7200, "--", sealed.PYTHON, CONTAINERS.program.folder / "sender.py", "retry")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(json.loads(done.stdout)["cases"][0]["answer"], "ok")

    def test_without_all_that_is_named(self):
        said = self.refused()
        self.assertIn("Operation not permitted: root lacks CAP_NET_ADMIN CAP_NET_RAW CAP_SYS_ADMIN here; "
                      "in a container: --cap-add NET_ADMIN --cap-add NET_RAW --cap-add SYS_ADMIN", said)

    def test_without_one_of_them_that_one_is_named(self):
        for missing in NEEDED:
            with self.subTest(missing):
                given = [word for name in NEEDED if name != missing for word in ("--cap-add", name)]
                said = self.refused(*given, "--security-opt", "apparmor=unconfined")
                self.assertIn(f"root lacks CAP_{missing} here; in a container: --cap-add {missing}", said)
                self.assertNotIn("--cap-add", said.replace(f"--cap-add {missing}", "", 1))
        said = self.refused(*[word for name in NEEDED for word in ("--cap-add", name)], "--cap-drop", "SYS_CHROOT")
        self.assertIn("root lacks CAP_SYS_CHROOT here; in a container: --cap-add SYS_CHROOT", said)

    def test_a_user_who_is_not_root_needs_all_of_proc(self):
        said = self.refused("--user", "65534:65534")
        self.assertIn("mount(proc): Operation not permitted: parts of /proc are hidden here (a container): docker --security-opt "
                      "systempaths=unconfined, podman --security-opt unmask=ALL", said)
        said = self.refused("--user", "65534:65534", "--security-opt", "unmask=ALL")
        self.assertIn("sethostname: Operation not permitted: the container's filter", said)
        done = CONTAINERS.lab(["--user", "65534:65534", "--security-opt", "unmask=ALL", "--security-opt", "seccomp=unconfined"], sealed.PYTHON, CONTAINERS.program.inside, "look")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["own_address"], "203.0.113.2")


if __name__ == "__main__":
    for program in ("podman", "runc"):
        if not shutil.which(program):
            print(f"skipped: {program} is needed")
            sys.exit(sealed.SKIPPED)
    CONTAINERS = Containers()
    try:
        probe = CONTAINERS.run([], "true")
        if probe.returncode != 0:
            print("skipped: no container can be run here: " + probe.stderr.strip())
            sys.exit(sealed.SKIPPED)
        sealed.need_lab()
        unittest.main(verbosity=2)
    finally:
        CONTAINERS.remove()
