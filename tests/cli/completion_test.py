"""The completion scripts: their syntax by the shells themselves, and what they complete."""
import os
import shutil
import subprocess
import unittest

import program
from program import TEMPFAIL


class Completion(program.Case):
    def script(self, shell):
        file = self.directory / ("_tempfail" if shell == "zsh" else "tempfail." + shell)
        file.write_text(self.ok("completion", shell))
        return file

    def shell(self, *command):
        environment = {**os.environ, "PATH": os.path.dirname(os.path.abspath(TEMPFAIL)) + ":" + os.environ["PATH"]}
        result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        return result.stdout

    def need(self, name):
        if not shutil.which(name):
            self.skipTest(f"{name} is not installed")

    def bash_words(self, *words):
        """What bash offers for the last of the words."""
        line = " ".join(f"'{word}'" for word in words)
        return self.shell("bash", "-c", f"source {self.script('bash')}; COMP_WORDS=({line}); "
                          f"COMP_CWORD={len(words) - 1}; _tempfail; printf '%s\\n' \"${{COMPREPLY[@]}}\"").split()

    def test_bash_syntax(self):
        self.shell("bash", "-n", str(self.script("bash")))

    def test_bash_completes_commands_options_values_and_scenarios(self):
        self.assertEqual(self.bash_words("tempfail", "se"), ["serve", "senders"])
        self.assertIn("--ready-file", self.bash_words("tempfail", "serve", "--re"))
        self.assertEqual(self.bash_words("tempfail", "serve", "--clock", "m"), ["manual"])
        self.assertIn("disk-full", self.bash_words("tempfail", "show", "disk-"))
        self.assertIn("disk", self.bash_words("tempfail", "list", "--family", "di"))
        self.assertEqual(self.bash_words("tempfail", "completion", "z"), ["zsh"])
        self.assertEqual(self.bash_words("tempfail", "lab", "t"), ["test"])
        self.assertEqual(self.bash_words("tempfail", "report", ""), ["compare", "merge"])
        self.assertEqual(self.bash_words("tempfail", "report", "merge", "/et"), ["/etc"])
        self.assertIn("--jobs", self.bash_words("tempfail", "lab", "test", "--j"))
        self.assertIn("disk-full", self.bash_words("tempfail", "lab", "test", "disk-"))
        self.assertIn("true", self.bash_words("tempfail", "test", "disk-full", "--", "tru"))

    def test_zsh_syntax(self):
        self.need("zsh")
        self.shell("zsh", "-f", "-n", str(self.script("zsh")))
        folder = self.script("zsh").parent
        self.shell("zsh", "-f", "-c", f"fpath=({folder} $fpath); autoload -Uz compinit; "
                   f"compinit -D -u; autoload +X _tempfail; print -r -- $_comps[tempfail]")

    def test_fish_completes(self):
        self.need("fish")
        script = self.script("fish")
        self.shell("fish", "--no-config", "--no-execute", str(script))

        def offers(line):
            text = self.shell("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'")
            return [entry.split("\t")[0] for entry in text.splitlines()]

        self.assertIn("serve", offers("tempfail se"))
        self.assertIn("--ready-file", offers("tempfail serve --re"))
        self.assertEqual(sorted(offers("tempfail serve --clock ")), ["manual", "real"])
        self.assertIn("disk-full", offers("tempfail show disk-"))


if __name__ == "__main__":
    unittest.main()
