"""The jobs of docs/ci.md are run step by step, as each CI server would run them, on a few scenarios, with a release that they fetch from a directory."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

import yaml

import action_test

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ["TEMPFAIL_BIN"])
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
SCENARIOS = "healthy disk-full greylisted mailbox-full"
CASES = len(SCENARIOS.split())
# What the machine has without tempfail.
PATH = "/usr/bin:/bin"

# One mail, one try: the library's exception is the exit status.
SEND = """#!{python}
import smtplib, sys
host, port, recipient = sys.argv[1:4]
with smtplib.SMTP(host, int(port), timeout=30) as client:
    client.sendmail("me@sender.test", [recipient], "Subject: hello\\r\\n\\r\\nhello\\r\\n")
"""


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.M | re.S)


def narrowed(script):
    """The same commands, but on a few scenarios, whose hours are seconds."""
    return script.replace("tempfail test ", f"tempfail test {SCENARIOS} --time-scale 3600 ")


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-recipes-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.release = self.make_release()
        self.project = self.folder / "project"
        (self.project / ".ci").mkdir(parents=True)
        (self.project / ".ci/known-failures.txt").write_text("no-such-user  # not looked at here\n")
        send = self.project / "send-one-mail"
        send.write_text(SEND.format(python=sys.executable))
        send.chmod(0o755)

    def make_release(self):
        """A directory with the files that the recipes name."""
        place = self.folder / "release"
        place.mkdir()
        version = re.search(r"^project\(tempfail VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(), re.M)[1]
        name = f"tempfail-{version}-linux-x86_64"
        with tarfile.open(place / f"{name}.tar.xz", "w:xz", preset=0) as archive:
            archive.add(BIN / "tempfail", f"{name}/bin/tempfail")
        sums = subprocess.run(["sha256sum", f"{name}.tar.xz"], cwd=place, capture_output=True, text=True, check=True).stdout
        (place / "SHA256SUMS").write_text(sums + "0" * 64 + "  something-else\n")
        return place

    def checked_out(self, name):
        return pathlib.Path(shutil.copytree(self.project, self.folder / name))

    def shell(self, folder, command, script, **environment):
        """Runs the script. Nothing of the project that is tested is in its environment."""
        kept = {"PATH": PATH, "HOME": str(self.folder), "TEMPFAIL": self.release.as_uri()}
        done = subprocess.run([*command, narrowed(script)], cwd=folder, env={**kept, **{key: str(value) for key, value in environment.items()}}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=300, check=False)
        # The sender tells its caller that the disk is full, as a library should.
        self.assertEqual(done.returncode, 0, script + done.stdout + done.stderr)
        return done.stdout


class GitHub(Case):
    def setUp(self):
        super().setUp()
        self.artifacts = self.folder / "artifacts"
        self.artifacts.mkdir()

    def uses(self, folder, action, inputs):
        if action == "actions/checkout@v4":
            shutil.copytree(self.project, folder, dirs_exist_ok=True)
        elif action == "actions/upload-artifact@v4":
            shutil.copytree(folder / inputs["path"], self.artifacts / inputs["name"])
        elif action == "actions/download-artifact@v4":
            for artifact in self.artifacts.glob(inputs["pattern"]):
                shutil.copytree(artifact, folder / artifact.name)
        else:
            self.assertRegex(action, "^OWNER/tempfail@v")
            options = inputs.get("options", "") + " --time-scale 3600"
            done = action_test.Runner(folder, **{**inputs, "from": self.release.as_uri(), "options": options, "scenarios": SCENARIOS}).run()
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def run_job(self, name, job, **values):
        """Runs its steps in a folder of its own; what the summary says."""
        folder = self.folder / name
        folder.mkdir()
        paths, summary = folder / "github-path", folder / "summary.md"
        paths.touch()
        summary.touch()

        def filled(text):
            return re.sub(r"\$\{\{ ([a-z.]+) \}\}", lambda match: str(values[match[1]]), text)

        for step in job["steps"]:
            if "uses" in step:
                self.uses(folder, step["uses"], {key: filled(text) for key, text in step.get("with", {}).items()})
            else:
                self.shell(folder, ["bash", "-e", "-c"], filled(step["run"]), PATH=":".join([*reversed(paths.read_text().split()), PATH]), GITHUB_PATH=paths,
                           GITHUB_STEP_SUMMARY=summary)
        return summary.read_text()

    def workflow(self, number):
        found = [block for block in blocks("yaml") if "runs-on" in block]
        self.assertEqual(len(found), 2)
        return yaml.safe_load(found[number])

    def test_one_machine(self):
        flow = self.workflow(0)
        self.assertIn("TEMPFAIL", flow["env"])
        said = self.run_job("mail", flow["jobs"]["mail"])
        self.assertTrue(said.startswith(f"### tempfail: {CASES} cases"), said)
        self.assertTrue((self.artifacts / "tempfail-report/index.html").exists())

    def test_three_machines(self):
        jobs = self.workflow(1)["jobs"]
        parts = jobs["mail"]["strategy"]["matrix"]["part"]
        self.assertEqual(len(parts), 3)
        for part in parts:
            self.run_job(f"mail-{part}", jobs["mail"], **{"matrix.part": part})
        self.assertEqual(jobs["report"]["needs"], "mail")
        said = self.run_job("report", jobs["report"])
        self.assertTrue(said.startswith(f"### tempfail: {CASES} cases"), said)

    def test_the_action_in_one_step(self):
        [block] = [block for block in blocks("yaml") if block.startswith("      - uses:")]
        [step] = yaml.safe_load(block)
        folder = self.checked_out("one")
        self.uses(folder, step["uses"], step["with"])
        self.assertTrue((folder / "tempfail-report/index.html").exists())


class GitLab(Case):
    def run_job(self, folder, job, before, **environment):
        self.shell(folder, ["bash", "-eo", "pipefail", "-c"], "\n".join([*before, *job["script"]]), **environment)

    def test_three_machines(self):
        [block] = [block for block in blocks("yaml") if "CI_NODE_INDEX" in block]
        file = yaml.safe_load(block)
        before, mail, report = file["default"]["before_script"], file["mail"], file["mail-report"]
        self.assertIn("TEMPFAIL", file["variables"])
        last = self.checked_out("last")
        self.assertEqual((mail["parallel"], report["needs"]), (3, ["mail"]))
        for number in range(1, mail["parallel"] + 1):
            folder = self.checked_out(f"mail-{number}")
            self.run_job(folder, mail, before, CI_NODE_INDEX=number, CI_NODE_TOTAL=mail["parallel"])
            self.assertIn("<testsuites", (folder / mail["artifacts"]["reports"]["junit"]).read_text())
            for pattern in mail["artifacts"]["paths"]:
                for path in folder.glob(pattern):
                    shutil.copytree(path, last / path.name)
        self.run_job(last, report, before)
        for path in report["artifacts"]["paths"]:
            self.assertEqual(len(list((last / path).glob("cases/*"))), CASES)


class Jenkins(Case):
    def test_one_machine(self):
        [block] = blocks("groovy")
        [script] = re.findall(r"sh '''\n(.*?)'''", block, re.S)
        self.assertIn("environment { TEMPFAIL = ", block)
        folder = self.checked_out("mail")
        self.shell(folder, ["sh", "-xe", "-c"], script)
        [junit] = re.findall(r"junit '([^']+)'", block)
        self.assertIn("<testsuites", (folder / junit).read_text())
        [kept] = re.findall(r"archiveArtifacts '([^']+)/\*\*'", block)
        self.assertTrue((folder / kept / "index.html").exists())


if __name__ == "__main__":
    unittest.main()
