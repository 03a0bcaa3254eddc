"""Systems that do not let a lab be made: what tempfail says, and that it ends with 3."""
import os
import shutil
import subprocess
import sys
import unittest

import sealed


class Refused(sealed.Case):
    def refused(self, *before, shell="", arguments=("lab", "--scenario", "healthy", "--", "true")):
        """Runs it behind the words of `before`, after the shell's commands; the one line that it says."""
        script = f'{shell} exec "$@"'
        command = [*before, "sh", "-c", script, "sh", str(self.program.tempfail), *arguments]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=self.program.work,
                                stdin=subprocess.DEVNULL)
        self.assertEqual((result.returncode, result.stdout), (3, ""), result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        return result.stderr

    def test_a_limit_on_namespaces(self):
        """A user namespace's own root may lower its limits."""
        line = self.refused("unshare", "--user", "--map-root-user",
                            shell="echo 0 > /proc/sys/user/max_net_namespaces &&")
        self.assertIn("tempfail lab: the lab can't be made: unshare(CLONE_NEWNET): No space left on device", line)
        self.assertIn("user.max_net_namespaces is 0", line)
        line = self.refused("unshare", "--user", "--map-root-user",
                            shell="echo 0 > /proc/sys/user/max_pid_namespaces &&")
        self.assertIn("CLONE_NEWPID", line)
        self.assertIn("user.max_pid_namespaces is 0", line)

    def test_a_test_says_it_once(self):
        line = self.refused("unshare", "--user", "--map-root-user",
                            shell="echo 0 > /proc/sys/user/max_net_namespaces &&",
                            arguments=("lab", "test", "healthy", "disk-full", "--", "true"))
        self.assertIn("user.max_net_namespaces is 0", line)

    def test_descriptors_that_run_out(self):
        """Somewhere between the first descriptor and the last one that a lab needs, whichever that is."""
        said = set()
        for limit in range(12, 80):
            result = subprocess.run(["sh", "-c", f'ulimit -n {limit} && exec "$@"', "sh", str(self.program.tempfail), "lab",
                                     "-q", "--scenario", "healthy", "--", "true"], capture_output=True, text=True,
                                    timeout=120, cwd=self.program.work, stdin=subprocess.DEVNULL)
            if result.returncode == 0:
                break
            self.assertEqual(result.returncode, 3, result.stderr)
            self.assertIn("too many open files", result.stderr.lower())
            said.add(result.stderr)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(len(said), 3)

    def test_no_user_namespaces_for_a_user_in_one(self):
        line = self.refused("unshare", "--user", "--map-root-user",
                            shell="echo 0 > /proc/sys/user/max_user_namespaces && set -- setpriv --bounding-set=-all "
                                  "--inh-caps=-all \"$@\" &&")
        self.assertIn("unshare(CLONE_NEWUSER): No space left on device", line)
        self.assertIn("user.max_user_namespaces is 0", line)


if __name__ == "__main__":
    if not shutil.which("unshare") or not shutil.which("setpriv"):
        print("skipped: unshare and setpriv (util-linux) are needed")
        sys.exit(sealed.SKIPPED)
    if subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True).returncode != 0:
        print("skipped: no user namespaces on this machine")
        sys.exit(sealed.SKIPPED)
    unittest.main(verbosity=2)
