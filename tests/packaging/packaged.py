"""What tests of packages share: where the packages are, and a root that has nothing else in it."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "build" / "packages"
DEADLINE = 300  # seconds for one command

# What a container or a chroot says of itself would be another test's.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
SENDER = ["send", "--time-scale", "{time_scale}", "--host", "{host}", "--port", "{port}", "--from", "{sender}", "--to", "{recipient}",
          "{message}"]


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def need(*programs):
    """Ends the test, skipped, where one of them is missing, or where a root can't be entered."""
    for program in programs:
        if shutil.which(program) is None:
            skip(f"{program} is not installed (scripts/install-deps package)")
    if os.geteuid() != 0:
        skip("only root can enter another root")


def the_only(pattern):
    """The one package that was made and is called so."""
    found = sorted(PACKAGES.glob(pattern))
    if not found:
        skip(f"there is no {pattern} in {PACKAGES}: packaging.made makes it")
    if len(found) != 1:
        sys.exit(f"{len(found)} files are called {pattern}: {found}")
    return found[0]


def run(*command, **options):
    """Its standard output; fails with all that it said where it did not end with `status`."""
    status = options.pop("status", 0)
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=options.pop("timeout", DEADLINE), **options)
    if done.returncode != status:
        raise AssertionError(f"{command}: exit status {done.returncode}, not {status}\n{done.stdout}{done.stderr}")
    return done.stdout


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-packaging-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)


def isolated(root, *command):
    """A command in this root, as nobody, in a network that has loopback alone; the words to run it."""
    return ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount", "sh", "-c",
            'ip link set lo up && mkdir -p "$0/proc" && mount -t proc proc "$0/proc" && '
            'exec chroot --userspec=65534:65534 "$0" "$@"', str(root), *map(str, command)]
