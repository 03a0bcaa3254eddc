#!/usr/bin/env python3
"""Unpacks a program's Debian package into a folder of its own; nothing is installed on the system.

    unpack.py postfix FOLDER

`apt-get download` and `dpkg-deb --extract` put the package, and those libraries it needs that are not installed, into
the folder, and the program is pointed at its files there. The file `versions` there lists them. Nothing is done where
the folder is there already.
"""
import argparse
import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# What is unpacked for each peer, and where its programs are inside.
PACKAGES = {
    "postfix": ["postfix", "libsasl2-modules", "libnss-wrapper", "libuid-wrapper"],
    "exim": ["exim4-daemon-light", "exim4-base", "libnss-wrapper", "libuid-wrapper"],
    "nullmailer": ["nullmailer"],
    "opensmtpd": ["opensmtpd"],
    "sendmail": ["sendmail-bin", "sendmail-base", "sendmail-cf", "m4"],
    "ssmtp": ["ssmtp"],
    "uidmap": ["uidmap"],  # not a sender: what gives a user more users in a lab
}
PROGRAM_FOLDERS = ["usr/sbin", "usr/bin", "usr/lib/postfix/sbin", "usr/libexec/sendmail"]

class Unavailable(Exception):
    """The peer can't be had on this machine; the text says why."""


class Peer:
    """A package, unpacked below `root`, or installed where that is "/"."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    @property
    def is_installed(self):
        return self.root == pathlib.Path("/")

    def program(self, name):
        for folder in PROGRAM_FOLDERS:
            path = self.root / folder / name
            if path.exists():
                return path
        raise FileNotFoundError(f"no program {name} in {self.root}")

    def library_path(self):
        if self.is_installed:
            return ""
        folders = [self.root / "usr/lib/postfix"]
        folders += sorted({path.parent for path in self.root.glob("**/*-linux-gnu*/*.so*")})
        return ":".join(str(folder) for folder in folders if folder.is_dir())

    def environment(self):
        """The process environment its programs run in."""
        found = {"LD_LIBRARY_PATH": self.library_path()} if not self.is_installed else {}
        return {**os.environ, "LC_ALL": "C", **found}


def find(name, program):
    """The package where its set-up has unpacked it, else where it is installed; Unavailable where it is neither."""
    cache = os.environ.get("TEMPFAIL_SENDER_CACHE", "")
    if cache and pathlib.Path(cache).is_dir():
        return Peer(cache)
    if (pathlib.Path("/usr/sbin") / program).exists() or (pathlib.Path("/usr/lib/postfix/sbin") / program).exists():
        return Peer("/")
    raise Unavailable(f"{name} is not installed")


def fetch(name, root):
    """The package, unpacked into `root`; those who ask at the same time wait for each other."""
    root = pathlib.Path(root)
    root.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with open(root.parent / f"{root.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.is_dir():
            _unpack(name, root)
    return Peer(root)


def _unpack(name, root):
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise Unavailable(f"{name}: its Debian package can't be fetched, because apt-get is missing")
    with tempfile.TemporaryDirectory(dir=root.parent, prefix=f".{name}-") as work:
        os.chmod(work, 0o755)
        apt = Apt(pathlib.Path(work))
        packages = PACKAGES[name] + apt.missing_libraries(PACKAGES[name])
        print(f"fetching for {name}: {' '.join(packages)}", file=sys.stderr)
        unpacked = pathlib.Path(work) / "root"
        unpacked.mkdir()
        for archive in apt.download(packages):
            subprocess.run(["dpkg-deb", "--extract", archive, unpacked], check=True)
            with open(unpacked / "versions", "ab") as versions:
                subprocess.run(["dpkg-deb", "--show", "--showformat=${Package} ${Version}\n", archive], stdout=versions, check=True)
        _drop_setuid(unpacked)
        unpacked.rename(root)


def _drop_setuid(folder):
    """No program in a build folder is to run with more rights than its caller (and no loader ignores LD_PRELOAD)."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o6000:
            path.chmod(path.stat().st_mode & 0o0777)


class Apt:
    """apt-get without privileges: with the system's package lists, or with private ones where those don't do."""

    def __init__(self, work):
        self.work = work
        self.options = []

    def missing_libraries(self, packages):
        """The libraries that are not installed, and the libraries those need."""
        found, frontier = [], packages
        while frontier:
            wanted = {name for name in self._dependencies(frontier) if name.startswith("lib")}
            frontier = sorted(name for name in wanted if name not in found and not _installed(name))
            found += frontier
        return found

    def download(self, packages):
        folder = self.work / "archives"
        folder.mkdir(exist_ok=True)
        for attempt in (1, 2):
            result = subprocess.run(["apt-get", *self.options, "-qq", "-o", "Acquire::Retries=3", "download", *packages],
                                    cwd=folder, capture_output=True, text=True)
            if result.returncode == 0:
                return sorted(folder.glob("*.deb"))
            if attempt == 1:
                self._fetch_lists()
        raise Unavailable(f"apt-get download failed: {result.stderr.strip()[-500:]}")

    def _dependencies(self, packages):
        command = ["depends", "--important", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces",
                   "--no-enhances", *packages]
        for attempt in (1, 2):
            result = subprocess.run(["apt-cache", *self.options, *command], capture_output=True, text=True)
            if result.returncode == 0 and all(f"{name}\n" in result.stdout for name in packages):
                return re.findall(r"Depends: ([a-z0-9.+-]+)", result.stdout)
            if attempt == 1:
                self._fetch_lists()
        raise Unavailable(f"apt has no package {' '.join(packages)}")

    def _fetch_lists(self):
        state = self.work / "apt"
        (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (state / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        self.options = ["-o", f"Dir::State::lists={state}/lists", "-o", f"Dir::Cache={state}/cache"]
        subprocess.run(["apt-get", *self.options, "-qq", "update"], capture_output=True, check=False)


def _installed(package):
    result = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package], capture_output=True, text=True)
    return "installed" in result.stdout and "not-installed" not in result.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("package", choices=sorted(PACKAGES))
    parser.add_argument("folder")
    arguments = parser.parse_args()
    try:
        fetch(arguments.package, arguments.folder)
    except Unavailable as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
