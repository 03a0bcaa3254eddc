"""Network namespaces of a test, and cables between them, without any privilege: the test itself runs in a user namespace where
it is root (`enter`).

    enter()                              # starts the program again, in a network of its own
    with Namespace() as other:
        cable(Namespace.own(), "10.1.1.1", other, "10.1.1.2", "eth1")
        subprocess.run([*other.prefix, "ip", "address"])
"""
import os
import shutil
import subprocess
import sys

SKIPPED = 77
_INSIDE = "TEMPFAIL_TEST_NETWORK"


def enter(as_root=False):
    """Goes on in a new network namespace, once, with mounts of its own. `as_root`: with all the users of the system, which only
    root can have. Exit status 77 where that can't be had."""
    if os.environ.get(_INSIDE):
        os.environ.pop(_INSIDE)
        return
    for program in ("unshare", "nsenter", "ip"):
        if not shutil.which(program):
            print(f"skipped: {program} is not installed")
            sys.exit(SKIPPED)
    for options in ([] if as_root else [["--user", "--map-root-user", "--net", "--mount"]]) + [["--net", "--mount"]]:
        if subprocess.run(["unshare", *options, "ip", "link", "add", "one", "type", "veth", "peer", "name", "other"], capture_output=True,
                          check=False).returncode == 0:
            os.environ[_INSIDE] = "1"
            os.execvp("unshare", ["unshare", *options, sys.executable, *sys.argv])
    print("skipped: network namespaces with cables can't be made here")
    sys.exit(SKIPPED)


class Namespace:
    """`prefix`: what runs a command in it, in the command's own process. It lives as long as a process of its own."""

    def __init__(self):
        self._keeper = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec cat"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._keeper.stdout.readline() != b"up\n":
            self.__exit__()
            raise RuntimeError("no network namespace")
        self.pid = self._keeper.pid
        self.prefix = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--"]

    @classmethod
    def own(cls):
        """That of the test."""
        namespace = cls.__new__(cls)
        namespace._keeper, namespace.pid, namespace.prefix = None, os.getpid(), []
        return namespace

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._keeper:
            self._keeper.stdin.close()
            self._keeper.wait()
            self._keeper.stdout.close()
            self._keeper = None

    def ip(self, *words):
        subprocess.run([*self.prefix, "ip", *words], check=True)


def cable(one, one_address, other, other_address, name):
    """Between two namespaces; its ends have this name in both, and addresses of one /24."""
    one.ip("link", "add", name, "type", "veth", "peer", "name", name, "netns", str(other.pid))
    for namespace, address in ((one, one_address), (other, other_address)):
        namespace.ip("address", "add", f"{address}/24", "dev", name)
        namespace.ip("link", "set", name, "up")
