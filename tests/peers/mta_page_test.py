#!/usr/bin/env python3
"""Runs every command of docs/mta.md, in order, as its reader would, with a private Postfix and a private Exim as the server that is
there already.

    mta_page_test.py Postfix|Exim     the section of the page

Ports are those of the page, so it all runs in a network namespace of its own. What is to be put into Exim's configuration is put there.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from fetch_peer import SKIPPED, Unavailable, fetch
from exim.server import Exim
from postfix.server import Postfix

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "mta.md"
DEADLINE = 180  # seconds for one block
# Its programs as a reader calls them, told which instance is meant.
TOLD = {"Postfix": {"postconf": "-c", "postfix": "-c", "sendmail": "-C", "mailq": "-C"}, "Exim": {"sendmail": "-C", "mailq": "-C"}}
INSIDE = "TEMPFAIL_MTA_PAGE_INSIDE"


def blocks(section):
    text = PAGE.read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    return [(kind, words.split(), body) for kind, words, body in re.findall(r"^```(\S+)([^\n]*)\n(.*?)^```$", text, re.M | re.S)]


def put_into(file, body, heading):
    text = file.read_text()
    assert text.count(f"begin {heading}\n") == 1
    file.write_text(text.replace(f"begin {heading}\n", f"begin {heading}\n{body}"))


class Present:
    """The server that is there already, and a folder with its programs for the PATH."""

    def __init__(self, section, folder, texts):
        peer = fetch(section.lower())
        self.server = (Postfix if section == "Postfix" else Exim)(None, {}, ["kept.test"], peer=peer)
        self.texts, self.folder = texts, pathlib.Path(folder)
        self.programs = TOLD[section]

    def __enter__(self):
        configure = self.server.configure

        def with_texts():
            configure()
            for heading, body in self.texts:
                put_into(self.server.folder / "exim.conf", body, heading)

        self.server.configure = with_texts
        self.server.start()
        self.folder.mkdir()
        for name, option in self.programs.items():
            self._put_program(name, option)
        return self

    def _put_program(self, name, option):
        exim = isinstance(self.server, Exim)
        program = self.server.peer.program("exim4" if exim else name)
        where = self.server.folder / ("exim.conf" if exim else "etc")
        script = self.folder / name
        script.write_text(f'#!/bin/sh\nexec -a {name} "{program}" {option} "{where}" "$@"\n'.replace("#!/bin/sh", "#!/bin/bash"))
        script.chmod(0o755)

    def __exit__(self, *_):
        self.server.stop()


def wait_until_ready(process):
    for line in process.stdout:
        if line.startswith("ready"):
            return
    sys.exit("tempfail serve ended before it was ready")


def main(section):
    ran = []
    found = blocks(section)
    with tempfile.TemporaryDirectory(prefix="tempfail-mta-") as work:
        os.chmod(work, 0o755)
        texts = [(words[0], body) for kind, words, body in found if kind == "text"]
        with Present(section, f"{work}/bin", texts) as present:
            environment = {**present.server.environment, "NO_COLOR": "1", "TEMPFAIL_MTA_PAGE_INSIDE": "",
                           "PATH": ":".join([f"{work}/bin", os.environ["TEMPFAIL_BIN"], os.environ["PATH"]])}
            server = None
            try:
                for kind, words, body in found:
                    if kind != "sh":
                        continue
                    print(body.strip(), flush=True)
                    if "background" in words:
                        server = subprocess.Popen(["bash", "-c", "exec " + body], cwd=work, env=os.environ | {"PATH": environment["PATH"]},
                                                  text=True, stdout=subprocess.PIPE, start_new_session=True)
                        wait_until_ready(server)
                        continue
                    done = subprocess.run(["bash", "-euo", "pipefail", "-c", body], cwd=work, env=environment, text=True,
                                          stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE)
                    print(done.stdout + done.stderr, flush=True)
                    assert done.returncode == 0, f"exit status {done.returncode}\n{present.server.log()[-3000:]}"
                    ran.append(body)
                judged = subprocess.run(["tempfail", "judge", "--json", "run.jsonl"], cwd=work, env=environment, text=True,
                                        stdout=subprocess.PIPE)
            finally:
                if server:
                    server.send_signal(signal.SIGTERM)
                    server.wait(DEADLINE)
    cases = {case["scenario"]: case for case in json.loads(judged.stdout)["cases"]}
    assert set(cases) == {"disk-full", "no-such-user"}, set(cases)
    for case in cases.values():
        assert case["answer"] in ("ok", "ok-but"), case
    outcomes = {finding["rule"]: finding["outcome"] for finding in cases["no-such-user"]["findings"]}
    assert outcomes["notified"] == "pass", outcomes
    assert len(ran) >= 2, "no commands were found"
    print(f"{section}: {len(ran)} blocks ran as the page says")


if __name__ == "__main__":
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        print("can't run here: mail servers start as root only, and need a network of their own")
        sys.exit(SKIPPED)
    if not os.environ.get(INSIDE):
        try:
            fetch(sys.argv[1].lower())
        except Unavailable as reason:
            print(f"can't run here: {reason}")
            sys.exit(SKIPPED)
        inside = ["unshare", "-n", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh", sys.executable, __file__, *sys.argv[1:]]
        os.execvpe(inside[0], inside, {**os.environ, INSIDE: "1"})
    main(sys.argv[1])
