"""Help, wrong usage, and what becomes of standard output: pipes that close, full disks, colours."""
import fcntl
import os
import pty
import re
import shlex
import struct
import subprocess
import termios
import unittest

import program
from program import TEMPFAIL, run

COMMANDS = ["serve", "test", "lab", "list", "show", "explain", "senders", "check", "judge", "log", "report", "control", "completion"]


class Help(program.Case):
    def test_overview_names_every_command(self):
        text = self.ok("--help")
        self.assertEqual(text, self.ok("help"))
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {command} +\w")

    def test_pages_are_complete_and_narrow(self):
        for command in COMMANDS:
            with self.subTest(command):
                text = self.ok(command, "--help")
                self.assertEqual(text, self.ok("help", command))
                for heading in ("Usage", "Description", "Options", "Exit status", "Examples"):
                    self.assertIn(f"\n{heading}\n", text)
                for line in text.splitlines():
                    self.assertLess(len(line), 100, line)
                    self.assertEqual(line, line.rstrip(), repr(line))

    def test_every_option_says_what_it_does(self):
        for command in COMMANDS:
            options = self.ok(command, "--help").split("\nOptions\n")[1].split("\n\n")[0].splitlines()
            for name, text in zip(options, options[1:]):
                if name.startswith("  -"):
                    self.assertTrue(text.startswith("      ") and text.strip(), f"{command} {name}")

    def test_examples_name_scenarios_that_exist(self):
        """What stands in an example between `tempfail serve`, `test` or `show` and the first option."""
        checked = 0
        for command in ["", *COMMANDS]:
            for line in re.findall(r"(?m)^ {6}.*\btempfail (?:serve|test|show) (.*)$", self.ok("help", *command.split())):
                for word in shlex.split(line, comments=True):
                    if word.startswith(("-", ">", "&")):
                        break
                    self.ok("list", word)
                    checked += 1
        self.assertGreater(checked, 8)

    def test_man_pages_are_sound_roff(self):
        for command in COMMANDS + [""]:
            with self.subTest(command or "tempfail"):
                text = self.ok("man", *([command] if command else []))
                self.assertTrue(text.startswith(".TH TEMPFAIL"))
                self.assertIn("\n.SH NAME\n", text)

    def test_version(self):
        self.assertRegex(self.ok("--version"), r"^tempfail \d+\.\d+\.\d+ \(commit .+, \w.*\)\n$")

    def test_no_arguments_is_wrong_usage_with_the_overview(self):
        result = run()
        self.assertEqual(result.returncode, 2)
        self.assertIn("Commands", result.stderr)


class WrongUsage(program.Case):
    def test_unknown_command_suggests_the_nearest(self):
        line = self.fails(2, "srve")
        self.assertIn("unknown command srve; did you mean serve?", line)

    def test_unknown_option_suggests_the_nearest(self):
        line = self.fails(2, "serve", "--jurnal", "x")
        self.assertIn("unknown option --jurnal; did you mean --journal?", line)
        self.assertIn("tempfail serve --help", line)

    def test_unknown_global_option(self):
        self.assertIn("unknown option --bogus", self.fails(2, "--bogus"))

    def test_bad_values_say_what_is_allowed(self):
        for arguments in (["serve", "--port", "x"], ["serve", "--port", "70000"], ["serve", "--clock", "fast"],
                          ["serve", "--time-scale", "0"], ["serve", "--time-scale", "nan"],
                          ["serve", "--bind", "here"], ["serve", "--tls", "--starttls"],
                          ["serve", "--clock", "manual", "--time-scale", "60"],
                          ["test", "--timeout", "-1", "--", "true"], ["test", "--watch-time", "soon", "--queue", "--", "true"],
                          ["test", "healthy"],
                          ["show"], ["check"], ["explain"], ["judge"], ["log"], ["control", "x"], ["completion", "tcsh"]):
            with self.subTest(" ".join(arguments)):
                self.fails(2, *arguments)

    def test_command_without_the_dashes_before_it_is_named(self):
        hint = "put -- before the sender's command: tempfail test disk-full -- sh -c true"
        self.assertIn(hint, self.fails(2, "test", "disk-full", "sh", "-c", "true"))
        hint = "put -- before the sender's command: tempfail test disk-full -- sh"
        self.assertIn(hint, self.fails(2, "test", "disk-full", "--strict", "sh"))
        # The value of an option is not the command, though there is a program of that name.
        line = self.fails(2, "test", "--report-dir", "sh", "disk-full", "--bogus")
        self.assertIn("unknown option --bogus", line)
        hint = "put -- before the sender's command, as in: tempfail test disk-full -- my-mailer {host} {port}"
        self.assertIn(hint, self.fails(2, "test", "no-such-mailer", "--to", "{recipient}"))
        self.assertIn("the sender's command is missing", self.fails(2, "test", "disk-full"))

    def test_bad_values_are_told_with_the_option_and_what_is_allowed(self):
        for arguments, told in ((["serve", "--port", "abc"], "--port abc: allowed: 0 to 65535 ("),
                                (["serve", "--port", "70000"], "--port 70000: allowed: 0 to 65535 ("),
                                (["serve", "--shared-port", "-1"], "--shared-port -1: allowed: 0 to 65535 ("),
                                (["serve", "--port"], "--port needs a value ("),
                                (["serve", "--seed", "0.5"], "--seed 0.5: allowed: 0 to 18446744073709551615 ("),
                                (["serve", "--time-scale", "fast"], "--time-scale fast: allowed: a number above 0"),
                                (["serve", "--clock", "fast"], "--clock fast: allowed: real, manual ("),
                                (["test", "-j", "x", "--", "true"], "--jobs x: allowed: 1 to 1000 ("),
                                (["test", "--timeout", "long", "--", "true"], "--timeout long: allowed: seconds from 0"),
                                (["test", "--tls-policy", "always", "--", "true"],
                                 "--tls-policy always: allowed: none, opportunistic, required, verified ("),
                                (["judge", "x", "--tls-policy", "always"],
                                 "--tls-policy always: allowed: none, opportunistic, required, verified (")):
            with self.subTest(" ".join(arguments)):
                self.assertIn(f"tempfail {arguments[0]}: {told}", self.fails(2, *arguments))

    def test_unknown_scenario_suggests_the_nearest(self):
        for command in (["serve", "helthy"], ["show", "helthy"], ["test", "helthy", "--", "true"], ["list", "helthy"]):
            with self.subTest(command[0]):
                self.assertIn("did you mean healthy?", self.fails(2, *command))

    def test_scenarios_directory_that_is_not_there(self):
        self.assertIn("no such directory", self.fails(2, "list", "--scenarios", self.directory / "none"))
        file = self.directory / "file.yaml"
        file.write_text("summary: x\n")
        self.assertIn(f"--scenarios {file}: is a file; allowed: the directory it is in",
                      self.fails(2, "list", "--scenarios", file))

    def test_mistake_in_an_added_scenario_is_named(self):
        where = self.scenario_files(wrong="summary: x\nserver: {rulez: []}\n")
        line = self.fails(2, "list", "--scenarios", where)
        self.assertRegex(line, r"own/wrong\.yaml:2:\d+: ")


class StandardOutput(program.Case):
    def test_closed_pipe_is_no_error(self):
        for arguments in (["list"], ["help", "test"], ["explain", "--all"]):
            with self.subTest(arguments[0]):
                reader, writer = os.pipe()
                os.close(reader)
                result = run(*arguments, stdout=writer)
                os.close(writer)
                self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_full_disk_is_reported(self):
        with open("/dev/full", "w") as full:
            line = self.fails(3, "list", stdout=full)
        self.assertIn("cannot write standard output: No space left on device", line)

    def on_terminal(self, *arguments, columns=80, **environment):
        """What the program writes when standard output is a terminal."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
        process = subprocess.Popen([TEMPFAIL, *arguments], stdout=slave, stdin=subprocess.DEVNULL,
                                   env={**clean, "TERM": "xterm", **environment})
        os.close(slave)
        text = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # the other end is closed
                part = b""
            if not part:
                break
            text += part
        os.close(master)
        self.assertEqual(process.wait(), 0)
        return text

    def test_list_takes_the_terminals_width(self):
        for wide in (90, 200):
            lines = self.on_terminal("list", columns=wide, NO_COLOR="1").decode().splitlines()
            longest = max(map(len, lines))
            self.assertLessEqual(longest, wide)
            self.assertGreater(longest, 100 if wide > 100 else 80)

    def test_colours_on_a_terminal_only(self):
        self.assertIn(b"\x1b[", self.on_terminal("list"))
        self.assertNotIn("\x1b[", self.ok("list"))
        self.assertNotIn(b"\x1b[", self.on_terminal("list", NO_COLOR="1"))
        self.assertNotIn(b"\x1b[", self.on_terminal("list", TERM="dumb"))


class FormerNames(program.Case):
    def test_former_scenario_is_found_and_the_new_name_told_once(self):
        for name in ("accepted-and-closed", "network/accepted-and-closed"):
            result = run("show", name)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("reply-lost-close - ", result.stdout)
            self.assertEqual(result.stderr, "tempfail: accepted-and-closed is now called reply-lost-close\n")
        self.assertEqual(run("show", "reply-lost-close").stderr, "")

    def test_former_option_does_the_same_and_the_new_name_is_told_once(self):
        for old, new in (("--watch", "--watch-time"), ("--watch-on", "--settle-time"), ("--return-to", "--sender-server")):
            value = "2525" if old == "--return-to" else "6h"
            for words in ([old, value], [f"{old}={value}"]):
                result = run("test", "healthy", "--queue", *words, "--dry-run", "--", "true", old)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(result.stderr, f"tempfail: {old} is now called {new}\n")
                self.assertIn(f"true {old}", result.stdout)
        self.assertIn("--watch-time soon is not a valid duration", run("test", "--watch", "soon", "--", "true").stderr)
        self.assertIn("unknown option --watch", run("list", "--watch", "6h").stderr)


if __name__ == "__main__":
    unittest.main()
