"""`tempfail serve` as process 1, as in a container without an init: it stops when it is told to, and reaps what is nobody's."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

import program
from program import DEADLINE, TEMPFAIL, wait_until

NAMESPACES = ["unshare", "--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]


class FirstProcess(program.Case):
    def test_orphans_are_reaped_and_it_stops(self):
        ready = self.directory / "ready.json"
        with subprocess.Popen([*NAMESPACES, "sh", "-c", 'ip link set lo up && exec "$@"', "sh", TEMPFAIL, "serve", "healthy", "--port", "0",
                               "--http", "0", "--ready-file", str(ready)], stdout=subprocess.DEVNULL) as outside:
            self.addCleanup(outside.kill)
            wait_until(lambda: ready.exists() or outside.poll() is not None, "ready file")
            told = json.loads(ready.read_text())
            self.assertEqual(told["pid"], 1)
            children = pathlib.Path(f"/proc/{outside.pid}/task/{outside.pid}/children")
            server = int(children.read_text().split()[0])
            orphans = pathlib.Path(f"/proc/{server}/task/{server}/children")
            enter = ["nsenter", "--target", str(server), "--user", "--net", "--pid", "--preserve-credentials"]
            # The shell ends at once; what it started waits for the pipe, and belongs to process 1 meanwhile.
            reader, writer = os.pipe()
            subprocess.run([*enter, "sh", "-c", "exec 3<&0; cat <&3 >/dev/null 2>&1 &"], check=True, stdin=reader, timeout=DEADLINE)
            os.close(reader)
            wait_until(lambda: orphans.read_text().split(), "the orphan is process 1's")
            os.close(writer)
            wait_until(lambda: not orphans.read_text().split(), "the orphan is gone, and no zombie")
            answer = subprocess.run([*enter, TEMPFAIL, "control", "--url", told["http"]["url"], "ready"], capture_output=True, text=True,
                                    timeout=DEADLINE)
            self.assertEqual((answer.returncode, answer.stdout), (0, "ready\n"), answer.stderr)
            os.kill(server, 15)
            self.assertEqual(outside.wait(DEADLINE), 0)


if __name__ == "__main__":
    probe = subprocess.run([*NAMESPACES, "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        print("skipped: no process namespace can be made here: " + probe.stderr.strip())
        sys.exit(77)
    unittest.main()
