#!/usr/bin/env python3
"""Runs every command of README.md, or of the page that is named, in order, as a reader would.

A block ```sh is run by bash in a folder of its own with the programs on the PATH. Words behind `sh` say more:
`background` runs on until the end (a server), `exit=N` is the status the last command has. A block with
`file=PATH` is written to that file. Ports are those of the text, so it all runs in a network namespace of
its own. What builds or tests the whole project is run by others and only looked at here: the file must be there.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUN_BY_OTHERS = re.compile(r"^(scripts/(demo|test|install-deps)|cmake )")
DEADLINE = 120  # seconds for one block
PAGE = sys.argv[1] if len(sys.argv) > 1 else "README.md"


def blocks(text):
    for match in re.finditer(r"^```(\S*)([^\n]*)\n(.*?)^```$", text, re.M | re.S):
        line = text[: match.start()].count("\n") + 2
        yield line, match.group(1), match.group(2).split(), match.group(3)


def fail(line, what):
    print(f"{PAGE}:{line}: {what}")
    sys.exit(1)


def wait_for_port(process, line, script):
    """A server is there when it has said so on its last start-up line."""
    for output in process.stdout:
        if output.startswith("ready"):
            return
    fail(line, f"ended before it was ready: {script}")


def main():
    if os.environ.get("TEMPFAIL_README_INSIDE") != "1":
        inside = ["unshare", "-Urn", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh", sys.executable, __file__, *sys.argv[1:]]
        probe = subprocess.run(["unshare", "-Urn", "ip", "link", "set", "lo", "up"], capture_output=True)
        if probe.returncode != 0:
            print("skipped: no network namespace can be made here: " + probe.stderr.decode().strip())
            sys.exit(77)
        os.execvpe(inside[0], inside, {**os.environ, "TEMPFAIL_README_INSIDE": "1"})

    with open(os.path.join(ROOT, PAGE), encoding="utf-8") as file:
        text = file.read()
    folder = tempfile.mkdtemp(prefix="tempfail-readme-")
    environment = {**os.environ, "PATH": os.environ["TEMPFAIL_BIN"] + ":" + os.environ["PATH"], "NO_COLOR": "1"}
    os.makedirs(os.path.join(folder, ".ci"))
    shutil.copy(os.path.join(ROOT, ".ci/known-failures.txt"), os.path.join(folder, ".ci"))
    servers = []
    ran = 0
    try:
        for line, kind, words, body in blocks(text):
            options = dict(word.partition("=")[::2] for word in words)
            if "file" in options:
                path = os.path.join(folder, options["file"])
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(body)
                continue
            if kind != "sh":
                continue
            if RUN_BY_OTHERS.match(body):
                for command in body.splitlines():
                    program = command.split()[0]
                    if program.startswith("scripts/") and not os.access(os.path.join(ROOT, program), os.X_OK):
                        fail(line, f"{program} is no program")
                continue
            ran += 1
            print(f"{PAGE}:{line}: {body.strip()}", flush=True)
            if "background" in options:
                for server in servers:  # one terminal: the next server comes when the one before was stopped
                    server.send_signal(signal.SIGINT)
                    server.wait(DEADLINE)
                servers = [subprocess.Popen(["bash", "-c", "exec " + body], cwd=folder, env=environment, text=True,
                                            stdout=subprocess.PIPE, start_new_session=True)]
                wait_for_port(servers[0], line, body)
                continue
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", body], cwd=folder, env=environment, text=True,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE)
            wanted = int(options.get("exit", 0))
            if done.returncode != wanted:
                fail(line, f"exit status {done.returncode}, not {wanted}\n{done.stdout}{done.stderr}")
    finally:
        for server in servers:
            server.terminate()
            server.wait(DEADLINE)
        shutil.rmtree(folder, ignore_errors=True)
    if ran < (8 if PAGE == "README.md" else 3):
        fail(1, f"only {ran} commands were found")
    print(f"{ran} commands ran as the text says")


if __name__ == "__main__":
    main()
