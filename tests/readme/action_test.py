"""The steps of action.yml are run as a runner of GitHub would run them: with an archive it fetches, and with programs that are there."""
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ["TEMPFAIL_BIN"])
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
SEND = """#!{python}
import smtplib, sys
host, port, recipient = sys.argv[1:4]
with smtplib.SMTP(host, int(port), timeout=30) as client:
    client.sendmail("me@sender.test", [recipient], "Subject: hello\\r\\n\\r\\nhello\\r\\n")
"""
COMMAND = "./send-one-mail {host} {port} {recipient}"


class Runner:
    """What there is of GitHub's runner: the files that steps write to, and inputs in a step's environment."""

    def __init__(self, folder, **inputs):
        self.folder = folder
        self.inputs = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
        unknown = {name.replace("_", "-") for name in inputs} - set(self.inputs)
        assert not unknown, unknown
        self.inputs.update({name.replace("_", "-"): value for name, value in inputs.items()})
        self.files = {name: folder / name for name in ("GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in self.files.values():
            file.write_text("")
        (folder / "runner").mkdir(exist_ok=True)

    def value(self, text):
        return re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda match: self.inputs[match[1]], text)

    def run(self):
        """Runs the steps; what the last that ran said."""
        for step in ACTION["runs"]["steps"]:
            assert step["shell"] == "bash" and "${{" not in step["run"], "an input in a script is a command of whoever writes it"
            script = self.folder / "step.sh"
            script.write_text(step["run"])
            added = ":".join([*reversed(self.files["GITHUB_PATH"].read_text().split()), "/usr/bin:/bin"])
            environment = {**{name: self.value(text) for name, text in step["env"].items()}, **{k: str(v) for k, v in self.files.items()},
                           "RUNNER_TEMP": str(self.folder / "runner"), "GITHUB_SERVER_URL": "https://nowhere.test", "PATH": added,
                           "GITHUB_ACTION_REPOSITORY": "somebody/tempfail", "HOME": str(self.folder)}
            done = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", script], cwd=self.folder, env=environment, capture_output=True,
                                  text=True, timeout=300, check=False)
            if done.returncode != 0:
                break
        return done

    def output(self):
        return dict(line.partition("=")[::2] for line in self.files["GITHUB_OUTPUT"].read_text().splitlines())


class Action(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-action-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        send = self.folder / "send-one-mail"
        send.write_text(SEND.format(python=sys.executable))
        send.chmod(0o755)
        (self.folder / "known").write_text("no-such-user:notified  # nobody is told yet\n")

    def release(self, version):
        """A directory as a release has it; the archive has the programs of this build."""
        place = self.folder / "release"
        place.mkdir()
        name = f"tempfail-{version}-linux-{platform.machine()}"
        with tarfile.open(place / f"{name}.tar.xz", "w:xz", preset=0) as archive:
            archive.add(BIN / "tempfail", f"{name}/bin/tempfail")
        sums = subprocess.run(["sha256sum", f"{name}.tar.xz"], cwd=place, capture_output=True, text=True, check=True).stdout
        (place / "SHA256SUMS").write_text(sums + "0" * 64 + "  something-else\n")
        return place

    def test_an_archive_is_fetched_and_a_sender_passes(self):
        place = self.release("9.9.9")
        runner = Runner(self.folder, command=COMMAND, scenarios="healthy\ndisk-full", options="--time-scale 3600 --role one-shot", version="9.9.9",
                        **{"from": place.as_uri()})
        done = runner.run()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(runner.output(), {"exit-status": "0"})
        self.assertTrue(runner.files["GITHUB_STEP_SUMMARY"].read_text().startswith("### tempfail: 2 cases"))
        self.assertTrue((self.folder / "tempfail-report" / "index.html").exists())

    def test_an_archive_that_is_another_is_not_run(self):
        place = self.release("9.9.9")
        archive = next(place.glob("*.tar.xz"))
        archive.write_bytes(archive.read_bytes() + b"x")
        done = Runner(self.folder, command=COMMAND, version="9.9.9", **{"from": place.as_uri()}).run()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("FAILED", done.stdout + done.stderr)
        self.assertFalse((self.folder / "tempfail-report").exists())

    def test_a_failure_is_annotated(self):
        runner = Runner(self.folder, command=COMMAND + " || true", scenarios="disk-f*", options="--time-scale 3600", programs=str(BIN),
                        report_dir="reports")
        done = runner.run()
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"(?m)^::error .*disk-full")
        self.assertEqual(runner.output(), {"exit-status": "1"})
        self.assertIn("disk-full", runner.files["GITHUB_STEP_SUMMARY"].read_text())
        self.assertTrue((self.folder / "reports" / "report.json").exists())

    def test_a_sender_by_name_and_known_failures(self):
        done = Runner(self.folder, sender="smtplib", scenarios="healthy", programs=str(BIN), expected_failures="known").run()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
