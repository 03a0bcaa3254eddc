"""Kills the real sender at random points, many times: nothing that was accepted is lost, and nothing is delivered
twice but where the queue has recorded the doubt."""

import os
import random
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


def enqueue_and_kill(queue, identity, chance):
    """Ends `enqueue` at a random moment. True if it had said that the message is in the queue."""
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
    return process.returncode == 0 or b"is in the queue" in said


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
        promised = set()
        for number in range(MESSAGES):
            identity = f"m{number}"
            if number % 4 == 3:
                if enqueue_and_kill(queue, identity, chance):
                    promised.add(identity)
            else:
                call("enqueue", "--queue", queue, "--from", "from@sender.test", "--to", "a@x.test", "--to", "b@x.test",
                     stdin=message(identity))
                promised.add(identity)

        arguments = ["--policy", policy, "--time-scale", 20, "--tries", 4, "--seed", 7]
        kills = 0
        for kill in range(KILLS):
            # Each stage in turn, and of each the first or a later one.
            sink.hold(STAGES[kill % len(STAGES)], chance.randrange(3))
            running = Running(queue, sink.port, *arguments)
            while not sink.held.wait(0.05) and running.process.poll() is None:
                pass
            if running.process.poll() is None:
                running.kill()
                kills += 1
                assert running.process.returncode == -signal.SIGKILL
            sink.let_go()
            if kill % 3 == 0:  # there is always something left to be killed at
                identity = f"k{kill}"
                call("enqueue", "--queue", queue, "--from", "from@sender.test", "--to", "a@x.test", "--to", "b@x.test",
                     stdin=message(identity))
                promised.add(identity)
        print(f"killed {kills} times")
        assert kills >= KILLS // 2, "the test killed too little to show anything"
        Running(queue, sink.port, *arguments).end()

        doubts = 0
        known = set()
        for entry in listing(queue):
            assert not entry["notification"], entry
            assert "finished" in entry, entry
            for recipient in entry["recipients"]:
                assert recipient["state"] == "delivered", entry
                doubts += recipient["in_doubt"]
        # By message: which one is which is written in the content, and the queue knows it by number.
        deliveries = {}
        for (identity, _recipient), times in sink.accepted.items():
            known.add(identity)
            deliveries[identity] = deliveries.get(identity, 0) + times
        lost = promised - known
        assert not lost, f"lost: {lost}"
        for identity in promised:
            for address in ("a@x.test", "b@x.test"):
                assert sink.accepted[(identity, address)] >= 1, f"lost: {identity} to {address}"
        twice = sum(times - 1 for times in sink.accepted.values())
        print(f"{len(sink.accepted)} deliveries, {twice} of them twice, {doubts} recorded as in doubt")
        assert twice <= doubts, "delivered twice without a record of the doubt"
        assert twice >= 1 and doubts >= 1, "the window was never hit: the test shows nothing"
    return 0


sys.exit(main())
