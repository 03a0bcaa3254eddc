"""The commands of the recipes in docs/ci.md are run, as a CI server would run them, on two scenarios."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ["TEMPFAIL_BIN"]
SCENARIOS = "disk-full healthy"

# One mail, one try: the library's exception is the exit status.
SEND = """#!{python}
import smtplib, sys
host, port, recipient = sys.argv[1:4]
with smtplib.SMTP(host, int(port), timeout=30) as client:
    client.sendmail("me@sender.test", [recipient], "Subject: hello\\r\\n\\r\\nhello\\r\\n")
"""


def recipes():
    """The commands in blocks that are no shell: of YAML and Groovy."""
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    found = []
    for kind, body in re.findall(r"^```(\w+)[^\n]*\n(.*?)^```$", text, re.M | re.S):
        if kind == "sh":
            continue
        for line in body.splitlines():
            match = re.search(r"tempfail test .*", line)
            if match:
                found.append((kind, match[0].partition("' }")[0]))
    return found


class Recipes(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-recipes-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / ".ci").mkdir()
        (self.folder / ".ci" / "known-failures.txt").write_text("no-such-user  # not looked at here\n")
        send = self.folder / "send-one-mail"
        send.write_text(SEND.format(python=sys.executable))
        send.chmod(0o755)

    def test_each_command_runs_and_leaves_what_the_server_reads(self):
        commands = recipes()
        self.assertEqual([kind for kind, _ in commands], ["yaml", "yaml", "groovy"], commands)
        for kind, command in commands:
            summary = self.folder / "step-summary.md"
            environment = {**os.environ, "PATH": BIN + ":" + os.environ["PATH"], "GITHUB_STEP_SUMMARY": str(summary),
                           "CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "1"}
            shutil.rmtree(self.folder / "tempfail-report", ignore_errors=True)
            with self.subTest(kind=kind, command=command):
                line = command.replace("tempfail test ", f"tempfail test {SCENARIOS} --time-scale 3600 ", 1)
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", line], cwd=self.folder, env=environment, capture_output=True,
                                      text=True, timeout=300)
                # It tells its caller that the disk is full, as a library should.
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertTrue((self.folder / "tempfail-report" / "index.html").exists())
                if "--junit junit.xml" in command:
                    self.assertIn("<testsuites", (self.folder / "junit.xml").read_text())
                if "GITHUB_STEP_SUMMARY" in command:
                    self.assertTrue(summary.read_text().startswith("### tempfail: 2 cases"))


if __name__ == "__main__":
    unittest.main()
