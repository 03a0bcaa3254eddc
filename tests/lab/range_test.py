"""A user without privilege who has a range in /etc/subuid: other users exist in the lab, as mail servers need them.

The range is put over the system's files in a mount namespace of the test's own, which takes root.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))

import sealed  # noqa: E402
from fetch_peer import Unavailable, fetch  # noqa: E402 (needs the path)

FIRST, COUNT = 200000, 65536


def put_newuidmap(folder):
    """Into `folder`, setuid root as its package has it; ours has lost that when it was unpacked."""
    folder.mkdir(mode=0o755)
    if os.statvfs(folder).f_flag & os.ST_NOSUID:
        raise unittest.SkipTest(f"nothing in {folder} can be setuid root")
    for name in ("newuidmap", "newgidmap"):
        shutil.copy(PACKAGE.program(name), folder / name)
        (folder / name).chmod(0o4755)


class Range(sealed.Case):
    user = sealed.NOBODY

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.programs = cls.program.folder / "bin"
        if not shutil.which("newuidmap"):
            put_newuidmap(cls.programs)

    def users(self, file, *lines):
        """What becomes of a change of user in nobody's lab, with these lines in /etc/subuid and /etc/subgid."""
        table = self.program.folder / "ranges"
        table.write_text("".join(line + "\n" for line in lines))
        script = ('mount --make-rprivate / && mount --bind "$0" /etc/subuid && mount --bind "$0" /etc/subgid && '
                  'exec "$@"')
        command = self.program.command("lab", "-q", "--scenario", "healthy", "--", sealed.PYTHON, self.program.inside,
                                       "users", file)
        result = subprocess.run(["unshare", "--mount", "sh", "-c", script, str(table), *command], capture_output=True,
                                text=True, timeout=120, cwd=self.program.work,
                                env={**os.environ, "PATH": f"{self.programs}:" + os.environ["PATH"]})
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout), result.stderr

    def test_users_of_the_range_exist(self):
        seen, said = self.users("file", f"nobody:{FIRST}:{COUNT}")
        self.assertEqual(seen, {"user": 1000, "groups": [5, 6], "owner": 1000})
        self.assertEqual(said, "")
        self.assertEqual(self.path("file").stat().st_uid, FIRST + 999)  # user 1 is the first of the range

    def test_without_a_range_only_root_exists(self):
        seen, said = self.users("another", f"somebody:{FIRST}:{COUNT}")
        self.assertEqual(seen, {"failed": "EINVAL"})
        self.assertIn("there is no range for nobody in /etc/subuid", said)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: only root can lend somebody a range")
        sys.exit(sealed.SKIPPED)
    if not all(os.path.exists(path) for path in ("/etc/subuid", "/etc/subgid")):
        print("skipped: this system has no /etc/subuid and /etc/subgid")
        sys.exit(sealed.SKIPPED)
    try:
        PACKAGE = None if shutil.which("newuidmap") else fetch("uidmap")
    except Unavailable as reason:
        print(f"skipped: {reason}")
        sys.exit(sealed.SKIPPED)
    sealed.main()
