"""A disk that is really full (a small tmpfs of our own): what was accepted stays, new mail is refused with
EX_TEMPFAIL, a delivery that ends while it is full is recorded all the same, and it all goes on by itself."""

import os
import shutil
import subprocess
import sys
import tempfile

from mail_sink import Sink
from sender import Running, call, listing, message


def fill(path):
    """Writes until nothing fits any more."""
    with open(path, "wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


def main():
    if os.environ.get("TEMPFAIL_IN_NAMESPACE") != "1":
        probe = subprocess.run(["unshare", "-Urm", "true"], stderr=subprocess.DEVNULL)
        if probe.returncode != 0:
            print("skipped: this system lets nobody make a mount namespace")
            return 77
        return subprocess.run(["unshare", "-Urm", sys.executable, __file__],
                              env={**os.environ, "TEMPFAIL_IN_NAMESPACE": "1"}).returncode
    folder = tempfile.mkdtemp()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True)
    queue = os.path.join(folder, "queue")
    filler = os.path.join(folder, "filler")

    def enqueue(identity, check=0, size=100):
        return call("enqueue", "--queue", queue, "--from", "f@sender.test", "--to", "a@x.test",
                    stdin=message(identity, size), check=check)

    enqueue("first")
    enqueue("second")
    sink = Sink()
    sink.hold("dot", 0)
    running = Running(queue, sink.port, "--tries", 1)
    assert sink.held.wait(60), running.events
    fill(filler)
    code, _, text = enqueue("refused", check=75, size=300_000)
    assert "full" in text or "I/O" in text, text
    sink.let_go()  # the first message is accepted while there is no room to write that down but the reserve
    running.wait_for(lambda e: e["event"] == "try-ended" and e["fate"] == "delivered")
    running.wait_for(lambda e: e["event"] == "paused")
    before = sum(sink.accepted.values())
    assert before == 1, sink.accepted  # and the second is not begun, for its result might not fit
    running.kill()  # not even a kill now makes a duplicate
    states = [r["state"] for m in listing(queue) for r in m["recipients"]]
    assert states == ["delivered", "waiting"], states
    os.unlink(filler)
    Running(queue, sink.port).end()
    assert sink.accepted == {("first", "a@x.test"): 1, ("second", "a@x.test"): 1}, sink.accepted
    subprocess.run(["umount", "-l", folder], check=False)
    shutil.rmtree(folder, ignore_errors=True)
    return 0


sys.exit(main())
