"""How the tests of the lab use it: as root, as somebody else, or not at all where the system does not let them."""
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

TEMPFAIL = os.path.abspath(os.path.join(os.environ.get("TEMPFAIL_BIN", "build/debug/bin"), "tempfail"))
HERE = pathlib.Path(__file__).resolve().parent
DEADLINE = 60  # seconds
SKIPPED = 77
NOBODY = 65534
# One that everybody may run: the tests' own may be in somebody's home.
PYTHON = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin") or sys.executable


class Program:
    """tempfail in a place where everybody may run it, with what runs inside of labs beside it."""

    def __init__(self, user=None):
        self.user = user
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-lab-"))
        self.folder.chmod(0o755)
        self.tempfail = self.folder / "tempfail"
        shutil.copy2(TEMPFAIL, self.tempfail)
        self.inside = self.folder / "inside.py"
        shutil.copy2(HERE / "inside.py", self.inside)
        shutil.copy2(HERE.parent / "support" / "dnsclient.py", self.folder)
        self.work = self.folder / "work"
        self.work.mkdir()
        if user is not None:
            os.chown(self.work, user, user)

    def prefix(self):
        if self.user is None or self.user == os.geteuid():
            return []
        return ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]

    def command(self, *arguments):
        return [*self.prefix(), str(self.tempfail), *map(str, arguments)]

    def run(self, *arguments, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, cwd=self.work,
                              timeout=300, **options)

    def start(self, *arguments, **options):
        return subprocess.Popen(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                cwd=self.work, **options)

    def lab(self, *words, scenarios=("healthy",), options=()):
        """What inside.py says in a lab; fails when the lab does."""
        named = [word for name in scenarios for word in ("--scenario", name)]
        result = self.run("lab", "-q", *named, *options, "--", PYTHON, self.inside, *words)
        if result.returncode != 0:
            raise AssertionError(f"exit status {result.returncode}: {result.stdout}{result.stderr}")
        return json.loads(result.stdout)

    def why_not(self):
        """Empty where a lab can be made; else what tempfail says."""
        result = self.run("lab", "-q", "--scenario", "healthy", "--", "true")
        return "" if result.returncode == 0 else f"exit status {result.returncode}: {result.stderr.strip()}"

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def is_locked(path):
    with open(path, "a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        except BlockingIOError:
            return True


def wait_until(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"did not happen within {DEADLINE} s: {what}")
        time.sleep(0.02)  # looks again


class Case(unittest.TestCase):
    user = None

    @classmethod
    def setUpClass(cls):
        cls.program = Program(cls.user)
        cls.addClassCleanup(cls.program.remove)

    def path(self, name):
        return self.program.work / name


class AsNobody:
    """The tests of a class once more, by a user without rights: `class Again(AsNobody, TheTests)`."""

    user = NOBODY

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("these tests run as somebody else only when they are started as root")
        super().setUpClass()
        reason = cls.program.why_not()
        if reason:
            raise unittest.SkipTest(reason)


def need_lab():
    """Exit status 77 when no lab can be made at all."""
    program = Program()
    try:
        reason = program.why_not()
    finally:
        program.remove()
    if reason:
        print("skipped: no lab on this machine:", reason)
        sys.exit(SKIPPED)


def need_mail_server(name):
    """Exit status 77 when Postfix, or Exim, can't be had or started here."""
    sys.path.insert(0, str(HERE.parent / "peers"))
    from fetch_peer import Unavailable, fetch
    if os.geteuid() != 0:
        print(f"skipped: {name} starts as root only")
        sys.exit(SKIPPED)
    try:
        fetch(name)
    except Unavailable as reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)


def main():
    """Runs the tests of the calling program; exit status 77 when no lab can be made at all."""
    need_lab()
    unittest.main(verbosity=2)
