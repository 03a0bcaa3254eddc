"""Kills the real sender at random points, many times: nothing that was accepted is lost, and nothing is delivered
twice but where the queue has recorded the doubt."""

import os
import random
import re
import signal
import subprocess
import sys
import tempfile

from mail_sink import STAGES, Sink
from sender import BINARY, DEADLINE, Running, call, listing, message

KILLS = 30
MESSAGES = 24
POLICY = """
rules:
  - {name: soon, first: 2s, factor: 1.2, longest: 10s, jitter: 50%}
suspend: {after: 0}
"""


def number_in(said):
    """The number in "message 17 is in the queue"; nothing when it was not said."""
    found = re.match(r"message (\d+) is in the queue", said)
    return int(found.group(1)) if found else None


def enqueue_and_kill(queue, identity, chance):
    """Ends `enqueue` at a random moment. The message's number if it had said that it is in the queue."""
    process = subprocess.Popen(
        [BINARY, "enqueue", "--queue", queue, "--from", "from@sender.test", "--to", "a@x.test", "--to", "b@x.test"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(message(identity).encode())
    process.stdin.close()
    try:
        process.wait(chance.random() * 0.05)
    except subprocess.TimeoutExpired:
        process.kill()
    said = process.stdout.read()
    process.wait(DEADLINE)
    return number_in(said.decode())


def main():
    seed = int(os.environ.get("TEMPFAIL_SEED", "20240301"))
    print(f"seed {seed}")
    chance = random.Random(seed)
    answers = random.Random(seed + 1)

    def answer(stage, _argument):
        return "451 4.3.0 later" if stage == "rcpt" and answers.random() < 0.15 else None

    sink = Sink(answer)
    with tempfile.TemporaryDirectory() as folder:
        queue = os.path.join(folder, "queue")
        policy = os.path.join(folder, "policy.yaml")
        with open(policy, "w", encoding="utf-8") as file:
            file.write(POLICY)
        promised = {}  # what enqueue said yes to: identity -> number

        def enqueue(identity):
            said = call("enqueue", "--queue", queue, "--from", "from@sender.test", "--to", "a@x.test", "--to", "b@x.test",
                        stdin=message(identity))[1]
            promised[identity] = number_in(said)

        for number in range(MESSAGES):
            identity = f"m{number}"
            if number % 4 == 3:
                if (said := enqueue_and_kill(queue, identity, chance)) is not None:
                    promised[identity] = said
            else:
                enqueue(identity)

        arguments = ["--policy", policy, "--time-scale", 20, "--tries", 4, "--seed", 7]
        kills = 0
        for kill in range(KILLS):
            for part in range(2):  # there is always something to be killed at
                enqueue(f"k{kill}.{part}")
            # Each stage in turn, and of those that come with every message the first or the second.
            stage = STAGES[kill % len(STAGES)]
            sink.hold(stage, 0 if stage in ("connect", "ehlo", "quit") else chance.randrange(2))
            running = Running(queue, sink.port, *arguments)
            while not sink.held.wait(0.05) and running.process.poll() is None:
                pass
            if running.process.poll() is None:
                running.kill()
                kills += 1
                assert running.process.returncode == -signal.SIGKILL
            sink.let_go()
        print(f"killed {kills} times")
        assert kills >= KILLS // 2, "the test killed too little to show anything"
        Running(queue, sink.port, *arguments).end()

        doubts = {}  # (number, recipient) -> how often its fate was recorded as unknown
        for entry in listing(queue):
            assert not entry["notification"], entry
            assert "finished" in entry, entry
            for recipient in entry["recipients"]:
                assert recipient["state"] == "delivered", entry
                doubts[(entry["id"], recipient["address"])] = recipient["in_doubt"]
        for identity, number in promised.items():
            for address in ("a@x.test", "b@x.test"):
                times = sink.accepted[(identity, address)]
                doubt = doubts[(number, address)]
                assert times >= 1, f"lost: {identity} to {address}"
                assert times <= 1 + doubt, f"{identity} to {address}: {times} times, recorded as in doubt {doubt} times"
        twice = sum(times - 1 for times in sink.accepted.values())
        doubts = sum(doubts.values())
        print(f"{len(sink.accepted)} deliveries, {twice} of them twice, {doubts} recorded as in doubt")
        assert twice >= 1 and doubts >= 1, "the window was never hit: the test shows nothing"
    return 0


sys.exit(main())
