"""What tempfail-send says of itself: its manual page as man takes it, and completion as each shell takes it."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from sender import BINARY, call


class Itself(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-itself-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def script(self, shell):
        file = self.folder / ("_tempfail-send" if shell == "zsh" else "script." + shell)
        file.write_text(call("completion", shell)[1])
        return file

    def shell(self, *command):
        if not shutil.which(command[0]):
            self.skipTest(f"{command[0]} is not installed")
        environment = {**os.environ, "PATH": os.path.dirname(os.path.abspath(BINARY)) + ":" + os.environ["PATH"]}
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=environment, timeout=120, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def test_manual_page(self):
        page = call("man")[1]
        self.assertTrue(page.startswith(".TH TEMPFAIL\\-SEND 1"))
        for part in (".SH NAME\n", ".SS queue list\n", ".B \\-\\-host HOST", ".SS policy show\n"):
            self.assertIn(part, page)
        # Each command, and each option of a command's help.
        for command in ("send", "enqueue", "run", "load", "stats"):
            for word in call(command, "--help")[1].split():
                name = word.strip(",").partition("=")[0]
                if name.startswith("--") and len(name) > 2 and name[2:].replace("-", "").isalpha():
                    self.assertIn(name.replace("-", "\\-"), page)

    def bash_words(self, *words):
        line = " ".join(f"'{word}'" for word in words)
        return self.shell("bash", "-c", f"source {self.script('bash')}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _tempfail_send; "
                          "printf '%s\\n' \"${COMPREPLY[@]}\"").split()

    def test_bash(self):
        self.shell("bash", "-n", self.script("bash"))
        self.assertEqual(self.bash_words("tempfail-send", "se"), ["send"])
        self.assertIn("--implicit-tls", self.bash_words("tempfail-send", "send", "--impl"))
        self.assertEqual(self.bash_words("tempfail-send", "queue", "li"), ["list"])
        self.assertIn("--json", self.bash_words("tempfail-send", "queue", "list", "--queue", "q", "--js"))
        self.assertEqual(self.bash_words("tempfail-send", "policy", "nothing-here"), [])

    def test_zsh(self):
        self.shell("zsh", "-f", "-n", self.script("zsh"))
        # With a stand-in for what shows the offers, which prints them.
        said = self.shell("zsh", "-f", "-c", "_describe() { print -rl -- ${(P)2} }; words=(tempfail-send queue ''); CURRENT=3; "
                          f"source {self.script('zsh')}")
        self.assertIn("list:", said)
        self.assertNotIn("--host:", said)

    def test_fish(self):
        script = self.script("fish")
        self.shell("fish", "--no-config", "--no-execute", script)

        def offers(line):
            text = self.shell("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'")
            return [entry.split("\t")[0] for entry in text.splitlines()]

        self.assertIn("send", offers("tempfail-send se"))
        self.assertIn("--implicit-tls", offers("tempfail-send send --impl"))
        self.assertIn("list", offers("tempfail-send queue li"))

    def test_another_shell(self):
        self.assertIn("allowed: bash, zsh, fish", call("completion", "tcsh", check=64)[2])


if __name__ == "__main__":
    unittest.main()
