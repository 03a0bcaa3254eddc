#!/usr/bin/env python3
"""Files of a stranger: scenarios that want memory or time, that are no scenarios, that draw on a terminal; journals with
odd names and odd times; paths that are no UTF-8."""
import json
import os
import pathlib
import re
import resource
import subprocess
import unittest

import attack
from attack import program

TEMPFAIL = program.TEMPFAIL
MEGABYTE = 1 << 20
HEALTHY = "server: {}\nsender: {must: [{delivered: once}]}\n"
CONTROLS = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")


def limited(megabytes):
    """For a child: more memory than this can't be had."""
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes * MEGABYTE, megabytes * MEGABYTE))


class Files(program.Case):
    def check(self, name, content, megabytes=400):
        """`check` of one file, in little memory: returncode, output, processor seconds."""
        file = self.directory / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        run = subprocess.run([TEMPFAIL, "check", str(file)], capture_output=True, timeout=program.DEADLINE,
                             preexec_fn=limited(megabytes))
        self.assertIn(run.returncode, (0, 1), run.stderr)
        return run.returncode, run.stdout, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before

    def test_copies_that_anchors_keep_count(self):
        depth, values = 480, 90_000
        text = "summary: x\nx-a: " + "".join(f"&a{i} [" for i in range(depth)) + "[" + ",".join("a" * values) + "]" + \
            "]" * depth + "\n"
        code, output, _ = self.check("bomb.yaml", text)
        self.assertEqual(code, 1)
        self.assertIn(b"more values than a scenario can have", output)

    def test_laughter_is_refused(self):
        text = "summary: x\nx-a: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + \
            "".join(f"x-a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 10) + "]\n" for i in range(1, 10))
        self.assertEqual(self.check("laughs.yaml", text)[0], 1)

    def test_many_keys_take_time_by_their_number(self):
        # Twice as many keys take about twice the time, not four times.
        def keys(count):
            return f"summary: x\n{HEALTHY}x-a:\n" + "".join(f"  k{i}: 1\n" for i in range(count))
        small = min(self.check("small.yaml", keys(10_000))[2] for _ in range(3))
        large = self.check("large.yaml", keys(40_000))[2]
        self.assertLess(large, 8 * small + 0.5)
        code, output, seconds = self.check("wrong.yaml", "".join(f"serverr{i}: 1\n" for i in range(40_000)))
        self.assertEqual(code, 1)
        self.assertIn(b"more mistakes", output)
        self.assertLess(len(output), 200_000)
        self.assertLess(seconds, 8 * small + 1.0)

    def test_of_a_large_file_no_more_is_read_than_may_be(self):
        large = self.directory / "large"
        with open(large, "wb") as file:
            file.truncate(30 << 30)  # a hole
        folder = self.directory / "own"
        folder.mkdir()
        (folder / "large.yaml").symlink_to(large)
        for where in (folder, folder / "large.yaml"):
            run = subprocess.run([TEMPFAIL, "check", str(where)], capture_output=True, text=True,
                                 timeout=program.DEADLINE, preexec_fn=limited(400))
            self.assertEqual(run.returncode, 1, run.stderr)
            self.assertIn("larger than a scenario can be", run.stdout)

    def test_nothing_is_shown_of_what_is_no_scenario(self):
        _, output, _ = self.check("passwd.yaml", "root:x:0:0:root:/root:/bin/bash\nsecret:y:1:1::/:/bin/sh\n")
        self.assertNotIn(b"secret", output)
        self.assertNotIn(b"root:x", output)
        _, output, _ = self.check("key.yaml", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHhY\n")
        self.assertNotIn(b"MC4CAQ", output)

    def test_a_raw_control_character_is_a_mistake(self):
        for content in (b"summary: x\x1b]0;PWNED\x07\n", b"summary: x\xc2\x9b31m\n", b"# \x1b[31m\nsummary: x\n",
                        b"summary: \xff\n"):
            code, output, _ = self.check("raw.yaml", content + HEALTHY.encode())
            self.assertEqual(code, 1, content)
            self.assertIsNone(CONTROLS.search(output), output)

    def test_no_text_of_a_file_draws_on_the_terminal(self):
        folder = self.directory / "scenarios" / "fam\x1b]0;F\x07"
        folder.mkdir(parents=True)
        evil = '"\\e]0;PWNED\\a \\x9b31m"'
        (folder / "evil.yaml").write_text(f"summary: {evil}\ndescription: {evil}\nsources: [{evil}]\n{HEALTHY}")
        where = ["--scenarios", str(self.directory / "scenarios")]
        server = program.Server(self.directory, "evil", "--port", "0", *where)
        with server:
            table = server.output().encode()
        outputs = {"serve": table}
        for arguments in (["list", *where], ["show", "evil", *where], ["check", str(folder)],
                          ["check", str(folder / "evil.yaml")], ["list", "--json", *where],
                          ["show", "--json", "evil", *where], ["list", "--families", *where],
                          ["show", "no\x1b[31m", *where], ["list", "--family", "\x1b[31m", *where]):
            run = subprocess.run([TEMPFAIL, *arguments], capture_output=True, timeout=program.DEADLINE)
            outputs[" ".join(arguments[:2])] = run.stdout + run.stderr
        for what, output in outputs.items():
            self.assertTrue(output, what)
            self.assertIsNone(CONTROLS.search(output), f"{what}: {output!r}")

    def test_paths_that_are_no_utf8(self):
        odd = os.fsencode(self.directory) + b"/x\xff"
        ready = odd + b".ready"
        process = subprocess.Popen([TEMPFAIL, "serve", "healthy", "--port", "0", "--json", "--journal", odd + b".jsonl",
                                    "--ready-file", ready], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        line = process.stdout.readline()
        self.assertTrue(json.loads(line)["ready"], process.stderr)
        self.assertTrue(json.loads(pathlib.Path(os.fsdecode(ready)).read_text())["endpoints"])
        process.terminate()
        _, errors = process.communicate(timeout=program.DEADLINE)
        self.assertEqual(process.returncode, 0, errors)

    def journal(self, name, change=lambda line: line):
        """A journal of one connection, lines changed."""
        journal = self.directory / "made.jsonl"
        with program.Server(self.directory, "healthy", "--port", "0", "--journal", journal) as server:
            with program.Raw(server.port("healthy")) as client:
                client.reply()
                client.say("EHLO c")
                client.send()
                client.say("QUIT")
        lines = [change(line) for line in journal.read_text().splitlines()]
        path = self.directory / name
        path.write_text("\n".join(lines) + "\n")
        return path

    def test_a_name_of_a_journal_is_no_link_to_a_script(self):
        self.journal("javascript:alert(1).jsonl")
        run = program.run("judge", "javascript:alert(1).jsonl", "--report-dir", "d", cwd=self.directory)
        self.assertIn(run.returncode, (0, 1), run.stderr)
        page = (self.directory / "d" / "index.html").read_text()
        links = re.findall(r'href="([^"]*)"', page)
        self.assertTrue(links)
        for link in links:
            self.assertNotIn(":", link)
        self.assertIn("javascript%3Aalert%281%29.jsonl", links)

    def test_times_at_the_end_of_64_bits_are_mistakes(self):
        for time in (-(1 << 63), (1 << 63) - 1, 10 ** 18 + 1):
            changed = []

            def odd(line, time=time, changed=changed):
                event = json.loads(line)
                if event["event"] == "exchange" and not changed:
                    changed.append(event)
                    event["time_us"] = time
                return json.dumps(event)
            run = program.run("judge", self.journal("odd.jsonl", odd))
            self.assertTrue(changed)
            self.assertIn("time_us", run.stdout + run.stderr)


if __name__ == "__main__":
    attack.program.main()
