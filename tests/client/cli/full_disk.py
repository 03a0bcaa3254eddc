"""A disk that is really full (small tmpfs of our own): what was accepted stays, new mail is refused with
EX_TEMPFAIL, a delivery that ends while it is full is recorded all the same, and it all goes on by itself; a queue that
was filled to the brim can be emptied; of a hundred tries at once none is delivered without a record."""

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


class Disk:
    """A small file system with a queue in it."""

    def __init__(self, megabytes):
        self.folder = tempfile.mkdtemp()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", self.folder], check=True)
        self.queue = os.path.join(self.folder, "queue")
        self.filler = os.path.join(self.folder, "filler")

    def enqueue(self, identity, check=0, size=100):
        return call("enqueue", "--queue", self.queue, "--from", "f@sender.test", "--to", "a@x.test",
                    stdin=message(identity, size), check=check)

    def enqueue_to_the_brim(self, size):
        """Until no more is taken; how many there are."""
        for number in range(10_000):
            code, _, text = self.enqueue(f"m{number}", check=None, size=size)
            if code != 0:
                assert code == 75, text
                return number
        raise AssertionError("the disk does not get full")

    def states(self):
        return [recipient["state"] for entry in listing(self.queue) for recipient in entry["recipients"]]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.folder], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def a_delivery_that_ends_on_a_full_disk_is_recorded():
    with Disk(4) as disk:
        disk.enqueue("first")
        disk.enqueue("second")
        sink = Sink()
        sink.hold("dot", 0)
        running = Running(disk.queue, sink.port, "--tries", 1)
        assert sink.held.wait(60), running.events
        fill(disk.filler)
        _, _, text = disk.enqueue("refused", check=75, size=300_000)
        assert "full" in text, text
        sink.let_go()  # the first message is accepted while there is no room to write that down but what is set aside
        running.wait_for(lambda e: e["event"] == "try-ended" and e["fate"] == "delivered")
        running.wait_for(lambda e: e["event"] == "paused")
        before = sum(sink.accepted.values())
        assert before == 1, sink.accepted  # and the second is not begun, for its result might not fit
        running.kill()  # not even a kill now makes a duplicate
        assert disk.states() == ["delivered", "waiting"], disk.states()
        os.unlink(disk.filler)
        Running(disk.queue, sink.port).end()
        assert sink.accepted == {("first", "a@x.test"): 1, ("second", "a@x.test"): 1}, sink.accepted


def a_queue_filled_to_the_brim_can_be_emptied():
    for size, megabytes in ((40_000, 6), (4_000, 3)):
        with Disk(megabytes) as disk:
            number = disk.enqueue_to_the_brim(size)
            assert number > 30, number
            sink = Sink()
            Running(disk.queue, sink.port).end()
            assert len(sink.accepted) == number and set(sink.accepted.values()) == {1}, sink.accepted


def nothing_is_delivered_without_a_record():
    with_records = 0
    for kilobytes in (300, 800):
        with Disk(6) as disk:
            number = disk.enqueue_to_the_brim(40_000)
            fill(disk.filler)  # by somebody else
            os.truncate(disk.filler, max(0, os.path.getsize(disk.filler) - kilobytes * 1024))
            sink = Sink()
            running = Running(disk.queue, sink.port, "--tries", 100)
            running.wait_for(lambda e: e["event"] in ("paused", "end"))
            running.wait_for(lambda _: len(running.all("try-ended", fate="delivered")) >= sum(sink.accepted.values()))
            running.kill()
            delivered = sum(sink.accepted.values())
            states = disk.states()
            recorded = states.count("delivered")
            assert recorded == delivered, f"{kilobytes} KB: {delivered} of {number} delivered, {recorded} recorded"
            with_records += recorded
            os.unlink(disk.filler)
            call("queue", "retry", "--all", "--queue", disk.queue)  # whatever was put off for want of room
            Running(disk.queue, sink.port).end()
            assert len(sink.accepted) == number and set(sink.accepted.values()) == {1}, sink.accepted
    assert with_records > 0  # or this has shown nothing


def main():
    if os.environ.get("TEMPFAIL_IN_NAMESPACE") != "1":
        probe = subprocess.run(["unshare", "-Urm", "true"], stderr=subprocess.DEVNULL)
        if probe.returncode != 0:
            print("skipped: this system lets nobody make a mount namespace")
            return 77
        return subprocess.run(["unshare", "-Urm", sys.executable, __file__],
                              env={**os.environ, "TEMPFAIL_IN_NAMESPACE": "1"}).returncode
    a_delivery_that_ends_on_a_full_disk_is_recorded()
    a_queue_filled_to_the_brim_can_be_emptied()
    nothing_is_delivered_without_a_record()
    return 0


sys.exit(main())
