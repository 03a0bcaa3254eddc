#!/usr/bin/env python3
"""What a sender leaves behind: orphans, processes in sessions of their own, ones that ignore signals; with a process 1
that reaps nobody, and when the program itself is killed."""
import signal
import subprocess
import sys
import time
import unittest

import attack
from attack import program

TEMPFAIL, is_running, wait_until = program.TEMPFAIL, program.is_running, program.wait_until

# Writes the number of each process that it leaves behind into a file, and ends when all are written.
LEAVES = """
import os, select, signal, sys
folder = sys.argv[1]
def leave(name, prepare):
    if os.fork() != 0:
        return
    prepare()
    if os.fork() != 0:
        os._exit(0)  # its child has no parent now
    signal.signal(signal.SIGTERM, signal.SIG_IGN if name == "stubborn" else signal.SIG_DFL)
    with open(f"{folder}/{name}.new", "w") as file:
        file.write(str(os.getpid()))
    os.rename(f"{folder}/{name}.new", f"{folder}/{name}")
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    if name == "bare":
        os.execve("/bin/sleep", ["sleep", "1000"], {})
    signal.pause()
    os._exit(0)
leave("member", lambda: None)
leave("session", os.setsid)
leave("group", lambda: os.setpgid(0, 0))
leave("bare", os.setsid)      # and without the environment it was given
leave("stubborn", os.setsid)  # and deaf to SIGTERM
for name in ("member", "session", "group", "bare", "stubborn"):
    while not os.path.exists(f"{folder}/{name}"):
        select.select([], [], [], 0.01)
"""
NAMES = ("member", "session", "group", "bare", "stubborn")
ORPHAN = """
import os, select
if os.fork() == 0:
    if os.fork() == 0:
        select.select([], [], [], 0.3)
    os._exit(0)
"""
DEAF = """
import signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").close()
signal.pause()
"""


class Processes(program.Case):
    def command(self, *options, text):
        script = self.directory / "sender.py"
        script.write_text(text)
        return [TEMPFAIL, "test", "healthy", "--report-dir", str(self.directory / "reports"), *options, "--",
                sys.executable, str(script), str(self.directory)]

    def left(self):
        return {name: int((self.directory / name).read_text()) for name in NAMES}

    def test_all_that_a_sender_leaves_behind_ends_with_its_case(self):
        run = subprocess.run(self.command(text=LEAVES), capture_output=True, text=True, timeout=120)
        self.assertNotEqual(run.returncode, 3, run.stderr)
        alive = {name for name, pid in self.left().items() if is_running(pid)}
        self.assertEqual(alive, set())

    def test_and_when_process_1_reaps_nobody(self):
        probe = subprocess.run(["unshare", "-Urpf", "--mount-proc", "true"], stderr=subprocess.DEVNULL)
        if probe.returncode != 0:
            self.skipTest("this system lets nobody make a namespace of processes")
        # tempfail is process 2; process 1 only waits for that one.
        first = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
        for text in (ORPHAN, LEAVES):
            with self.subTest(text[:20]):
                command = ["unshare", "-Urpf", "--mount-proc", "--kill-child", sys.executable, "-c", first,
                           *self.command("--timeout", "20", text=text)]
                run = subprocess.run(command, capture_output=True, text=True, timeout=100)
                self.assertNotIn(run.returncode, (3, -9), run.stderr)

    def test_a_killed_program_leaves_no_sender(self):
        process = subprocess.Popen(self.command(text=DEAF.replace("sys.argv[1]", "sys.argv[1] + '/begun'")),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until((self.directory / "begun").exists, "the sender has begun")
        children = [int(pid) for pid in subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True,
                                                       text=True, check=False).stdout.split()]
        self.assertTrue(children)
        process.kill()
        process.wait()
        for pid in children:
            wait_until(lambda pid=pid: not is_running(pid), "the sender ends with the program")

    def test_an_interrupt_waits_once_for_a_sender_that_is_deaf(self):
        process = subprocess.Popen(self.command(text=DEAF.replace("sys.argv[1]", "sys.argv[1] + '/begun'")),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wait_until((self.directory / "begun").exists, "the sender has begun")
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 128 + signal.SIGINT, errors)
        self.took = time.monotonic() - begin
        print(f"an interrupt took {self.took:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    attack.program.main()
