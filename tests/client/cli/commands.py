"""The commands of tempfail-send as a user meets them, and their exit codes."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request

from mail_sink import Sink
from sender import BINARY, Running, call, listing, message

FAST = ["--time-scale", 7200]  # time-outs of minutes stay longer than anything here takes


def send(sink, *arguments, check=0, stdin=None):
    return call("send", "--host", "127.0.0.1", "--port", sink.port, "--from", "f@sender.test", *arguments,
                stdin=stdin or message("s"), check=check)


def test_send_delivers_and_says_so(_folder):
    sink = Sink()
    _, out, err = send(sink, "--to", "a@x.test", "--to", "b@x.test", "--json")
    assert [r["state"] for r in json.loads(out)] == ["delivered", "delivered"]
    assert "delivered" in err
    assert sink.accepted == {("s", "a@x.test"): 1, ("s", "b@x.test"): 1}
    header = sink.messages[0][2].split(b"\r\n\r\n")[0].decode()
    for field in ("Date: ", "Message-ID: <", "From: f@sender.test"):
        assert field in header, header


def test_send_tries_again_and_shows_it(_folder):
    tries = []

    def answer(stage, _argument):
        if stage == "mail":
            tries.append(stage)
            return "432 4.3.2 stopped" if len(tries) < 3 else None
        return None

    _, _, err = send(Sink(answer), "--to", "a@x.test", *FAST)
    assert len(tries) == 3
    assert "try 1: 432 4.3.2 stopped" in err and "rule queue-stopped" in err and "try 3: 250" in err, err


def test_send_exit_codes(_folder):
    def refusing(reply):
        return Sink(lambda stage, _: reply if stage == "rcpt" else None)

    send(refusing("550 5.1.1 no such user"), "--to", "a@x.test", check=67)
    send(refusing("550 5.7.1 no"), "--to", "a@x.test", check=77)
    send(refusing("554 5.3.0 no"), "--to", "a@x.test", check=69)
    send(refusing("450 4.2.0 busy"), "--to", "a@x.test", "--once", check=75)
    send(refusing("450 4.2.0 busy"), "--to", "a@x.test", "--give-up", "90m", *FAST, check=75)
    sink = Sink()
    send(sink, "--to", "no address", check=65)
    send(sink, "--to", "a@x.test", "/nonexistent", check=66)
    send(sink, "--to", "a@x.test", "--policy", "/nonexistent", check=66)
    send(sink, "--tu", "a@x.test", check=64)


def test_source_route_of_the_sender_is_left_out(_folder):
    sink = Sink()
    call("send", "--host", "127.0.0.1", "--port", sink.port, "--from", "@a.test,@b.test:user@d.test", "--to", "a@x.test",
         stdin=message("s"))
    assert sink.messages[0][0] == "user@d.test", sink.messages


def test_domain_beyond_ascii_goes_in_a_labels(_folder):
    sink = Sink()
    send(sink, "--to", "a@bücher.test")
    assert sink.messages[0][1] == ["a@xn--bcher-kva.test"], sink.messages
    # A local part has no such form.
    _, out, _ = send(sink, "--to", "ä@bücher.test", "--json", check=69)
    assert json.loads(out)[0]["status"] == "5.6.7", out
    assert len(sink.messages) == 1, sink.messages


def test_requiretls_is_returned_where_there_is_no_tls(folder):
    sink = Sink()
    for arguments in (["--requiretls"], ["--requiretls=yes", "--tls", "never"]):
        _, out, _ = send(sink, "--to", "a@x.test", *arguments, "--json", check=77)
        assert json.loads(out)[0]["status"] == "5.7.10", out
    assert sink.messages == []
    send(sink, "--to", "a@x.test", "--requiretls=no")
    assert len(sink.messages) == 1
    # The queue remembers it, and the notification, which is not lost, has no text.
    queue = os.path.join(folder, "queue")
    call("enqueue", "--queue", queue, "--from", "f@sender.test", "--to", "a@x.test", "--requiretls", "--ret", "full",
         stdin="Subject: plans\n\nThe secret plans.\n")
    Running(queue, sink.port).end()
    assert [recipients for _, recipients, _ in sink.messages] == [["a@x.test"], ["f@sender.test"]], sink.messages
    text = sink.messages[1][2].decode()
    assert "Status: 5.7.10\r\n" in text and "Subject: plans" in text and "The secret plans" not in text, text


def test_original_recipient_that_is_none(_folder):
    sink = Sink()
    for wrong in ("a@x.test", "rfc822;", ";a@x.test"):
        _, _, err = send(sink, "--to", "a@x.test", "--orcpt", wrong, check=64)
        assert "allowed: rfc822;user@example.org" in err, err
    _, _, err = send(sink, "--to", "a@x.test,b@x.test", "--orcpt", "rfc822;a@x.test", check=64)
    assert "there are 2" in err, err
    send(sink, "--to", "a@x.test", "--orcpt", "rfc822;a@x.test")


def test_message_that_no_mail_can_carry_is_refused_at_the_door(folder):
    """By each of the three ways in, from a file and from standard input, before anything is queued or connected."""
    queue = os.path.join(folder, "queue")
    path = os.path.join(folder, "bad.eml")
    env = {"TEMPFAIL_SEND_QUEUE": queue}
    long = b"To: a@x.test\nSubject: x\n\n" + b"x" * 5000 + b"\n"
    for content, what in [
            (b"", "the message is empty"),
            (b"Subject: x\r\n\r\nbefore\0after\r\n", "has a NUL byte (offset 20); a mail can't carry it"),
            (long, "line 4 has 5000 bytes; at most 998"),
            (b"Subject: " + b"x" * 990, "line 1 has 999 bytes; at most 998"),
            (b"A: b\r\n\r\r" + b"x" * 999 + b"\r\n", "line 4 has 999 bytes; at most 998")]:
        with open(path, "wb") as file:
            file.write(content)
        text = content.decode()
        to = ["--to", "a@x.test"]
        for arguments, stdin, name in [
                (["send", "--host", "127.0.0.1", "--port", 1, *to, path], "", path),
                (["send", "--host", "127.0.0.1", "--port", 1, *to], text, "standard input"),
                (["enqueue", *to, path], "", path),
                (["-i", "a@x.test"], text, "standard input"),
                (["-f", "f@x.test", "a@x.test"], text, "standard input")]:
            _, out, err = call(*arguments, stdin=stdin, env=env, check=65)
            assert out == "" and err == f"tempfail-send: {name}: {what}\n", (arguments, err)
    assert not os.path.exists(queue)


def test_longest_line_that_is_allowed_is_sent_as_it_is(_folder):
    sink = Sink()
    send(sink, "--to", "a@x.test", stdin="X-Id: s\n\n." + "x" * 997 + "\n")
    assert b"\r\n\r\n." + b"x" * 997 + b"\r\n" in sink.messages[0][2], sink.messages


class Waiting:
    """`send` in the background, to a server that says "later" or stops; its words on standard error as they come."""

    def __init__(self, sink, *arguments):
        self.process = subprocess.Popen(
            [BINARY, "send", "--host", "127.0.0.1", "--port", str(sink.port), "--from", "f@sender.test", "--to", "a@x.test",
             *arguments], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.process.stdin.write(message("s").encode())
        self.process.stdin.close()

    def line(self):
        return self.process.stderr.readline().decode()

    def end(self, code):
        rest = self.process.stderr.read().decode()
        assert self.process.wait(60) == code, (self.process.returncode, rest)
        return rest


def test_send_that_is_interrupted_says_what_is_lost(_folder):
    lost = "a@x.test was not delivered, and is not kept in a queue (enqueue does that)"
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        waiting = Waiting(Sink(lambda stage, _: "450 4.2.0 busy" if stage == "rcpt" else None))
        assert "next try in" in waiting.line()
        waiting.process.send_signal(signal_number)
        assert waiting.end(75) == f"tempfail-send: interrupted: {lost}\n"
    waiting = Waiting(Sink(lambda stage, _: "450 4.2.0 busy" if stage == "rcpt" else None), "--log")
    while "try-ended" not in waiting.line():
        pass
    waiting.process.terminate()
    event = json.loads(waiting.end(75).splitlines()[-1])
    assert event["event"] == "interrupted" and event["detail"] == lost, event


def test_send_that_is_interrupted_twice_says_what_is_in_doubt(_folder):
    for stage, words in (("mail", "was not"), ("dot", "may or may not have been")):
        sink = Sink()
        sink.hold(stage, 0)
        waiting = Waiting(sink)
        assert sink.held.wait(60)
        waiting.process.send_signal(signal.SIGINT)
        waiting.process.send_signal(signal.SIGTERM)
        err = waiting.end(75)
        sink.let_go()
        assert err == f"tempfail-send: interrupted: a@x.test {words} delivered, and is not kept in a queue (enqueue does that)\n", err


def test_once_is_named_as_the_reason(_folder):
    _, _, err = send(Sink(lambda stage, _: "450 4.2.0 busy" if stage == "rcpt" else None), "--to", "a@x.test", "--once",
                     check=75)
    assert "; failed (--once: one try, no more)" in err, err


def test_wrong_command_lines_are_told_in_a_line(folder):
    for arguments, code, text in [
            ([], 64, "a command is missing (see tempfail-send --help)"),
            (["frob"], 64, "unknown command frob (see tempfail-send --help)"),
            (["sned"], 64, "unknown command sned; did you mean send? (see tempfail-send --help)"),
            (["queue", "lst"], 64, "unknown command lst; did you mean list? (see tempfail-send queue --help)"),
            (["send", "--prot=25"], 64, "unknown option --prot; did you mean --port? (see tempfail-send send --help)"),
            (["send", "--too", "a@x.test"], 64, "unknown option --too; did you mean --to? (see tempfail-send send --help)"),
            (["queue", "frob"], 64, "unknown command frob (see tempfail-send queue --help)"),
            (["send", "--to", "a@x.test", "--prot", "25"], 64, "unknown option --prot; did you mean --port?"),
            (["send", "--to", "a@x.test", "one.eml", "two.eml"], 64, "unexpected argument two.eml"),
            (["send", "--frobnicate"], 64, "unknown option --frobnicate (see tempfail-send send --help)"),
            (["send"], 64, "--to is required (see tempfail-send send --help)"),
            (["send", "--to", "a@x.test", folder], 66, f"{folder}: is a directory"),
            (["send", "--to", "a@x.test", f"{folder}/none.eml"], 66, f"{folder}/none.eml: No such file or directory"),
            (["policy", "check", f"{folder}/none.yaml"], 66, f"{folder}/none.yaml: No such file or directory"),
            (["enqueue", "--queue", __file__, "--to", "a@x.test", __file__], 73,
             f"{__file__}: can't be a queue: not a directory"),
            (["enqueue", "--queue", f"{__file__}/q", "--to", "a@x.test", __file__], 73,
             f"{__file__}/q: can't be a queue: Not a directory"),
            (["send", "--to", "a@x.test", "--ca", f"{folder}/none.pem", __file__], 64, "No such file or directory"),
            (["run", "--queue", f"{folder}/q", "--metrics", "nowhere"], 64, "neither ADDRESS:PORT nor a file")]:
        _, out, err = call(*arguments, check=code)
        assert out == "" and err.startswith("tempfail-send: ") and text in err and err.count("\n") == 1, err


def test_help_is_for_people(_folder):
    """Every page is narrow, speaks of nothing but this program, and every command and option on it says what it does."""
    pages = [call(*command, "--help")[1] for command in (
        [], ["send"], ["enqueue"], ["run"], ["queue"], ["queue", "list"], ["queue", "show"], ["queue", "retry"],
        ["queue", "remove"], ["stats"], ["policy"], ["policy", "show"], ["policy", "check"], ["policy", "simulate"],
        ["load"])]
    for page in pages:
        assert all(len(line) < 100 for line in page.splitlines()), page
        assert not re.search(r"FLOAT|UINT|TEXT|REQUIRED|SUBCOMMAND|Subcommand|Excludes|\de\+|\[\d+ - ", page), page
        lines = page.splitlines()
        for line, after in zip(lines, [*lines[1:], ""]):
            if re.match(r"  -", line):
                assert re.match(r"  \S.*?  +\S", line) or re.match(r" {20} *\S", after), line
    verbs = re.findall(r"(?m)^  [a-z]+ +([A-Z][a-z]+)", pages[0])
    assert len(verbs) == 7 and all(verb.endswith("s") for verb in verbs), verbs
    assert "--time-scale N" in pages[1] and "takes a second (0.001 to 1000000) [1]" in re.sub(r"\s+", " ", pages[1])
    assert re.search(r"(?m)^  --port N +Port \(1 to 65535\) \[25\]$", pages[1]), pages[1]
    assert "sendmail" in pages[0] and "sendmail" not in pages[-1]


def test_output_that_can_not_be_printed(folder):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BINARY, "policy", "show"], stdout=full, stderr=subprocess.PIPE, timeout=60)
        assert done.returncode == 74 and b"standard output: No space left on device" in done.stderr, done
        # It is in the queue all the same: saying otherwise would have it sent twice.
        done = subprocess.run([BINARY, "enqueue", "--queue", f"{folder}/q", "--to", "a@x.test"], input=b"x\n", stdout=full,
                              stderr=subprocess.PIPE, timeout=60)
        assert done.returncode == 0 and b"No space left" in done.stderr, done
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([BINARY, "policy", "show"], stdout=writer, stderr=subprocess.PIPE, timeout=60)
    os.close(writer)
    assert done.returncode == 0 and done.stderr == b"", done
    assert call("--version")[1].startswith("tempfail-send ")


def test_policy_file_with_mistakes(folder):
    path = os.path.join(folder, "p.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("give-up: {after: soon}\nmisspelt: 1\n")
    _, _, err = call("policy", "check", path, check=78)
    assert f"{path}:1:18: 'soon' is not a duration" in err and f"{path}:2:1: unknown key 'misspelt'" in err, err
    assert call("policy", "show", "--yaml")[1].startswith("# When tempfail-send retries")


def test_policy_simulate_by_phases(_folder):
    _, out, _ = call("policy", "simulate", "--fail", "4.3.2", "--for", "6h", "--fail", "dropped", "--until-try", 6,
                     "--json")
    steps = [s["outcome"] for s in json.loads(out)["steps"] if "try" in s]
    assert steps == ["450 4.3.2 simulated"] * 3 + ["4.4.2 dropped"] * 2 + ["delivered"], steps
    call("policy", "simulate", "--for", "6h", "--fail", "4.3.2", check=64)
    call("policy", "simulate", "--fail", "tired", check=64)


def test_queue_is_listed_shown_retried_and_removed(folder):
    queue = os.path.join(folder, "queue")
    call("queue", "list", "--queue", queue, check=66)
    for identity in ("one", "two"):
        call("enqueue", "--queue", queue, "--from", "f@sender.test", "--to", "a@x.test", stdin=message(identity))
    sink = Sink(lambda stage, _: "450 4.2.0 busy" if stage == "rcpt" else None)
    running = Running(queue, sink.port)
    for number in ("1", "2"):
        running.wait_for(lambda e, n=number: e["event"] == "try-ended" and e["message"] == n)
    _, _, err = call("run", "--queue", queue, check=75)
    assert re.search(r"process \d+ is already delivering from this queue", err), err
    _, out, _ = call("queue", "list", "--queue", queue)
    assert out.count("450 4.2.0 busy") == 2 and "in 1h" in out or "in 59m" in out, out
    _, out, _ = call("queue", "show", 1, "--queue", queue)
    assert "rule later: next try in 1h" in out, out
    seen = len(running.events)
    assert "1 recipient is due now" in call("queue", "retry", 1, "--queue", queue)[1]
    running.wait_for(lambda e: e in running.events[seen:] and e["event"] == "try-ended")  # noticed at once
    assert "1 recipient removed" in call("queue", "remove", 2, "--queue", queue)[1]
    sink.answer = lambda stage, argument: None
    call("queue", "retry", "--all", "--queue", queue)
    running.end()
    assert [r["state"] for m in listing(queue) for r in m["recipients"]] == ["delivered", "removed"]
    call("queue", "show", 99, "--queue", queue, check=66)


def test_figures_and_metrics(folder):
    queue = os.path.join(folder, "queue")
    call("enqueue", "--queue", queue, "--from", "f@sender.test", "--to", "a@x.test", stdin=message("one"))
    sink = Sink(lambda stage, _: "450 4.2.0 busy" if stage == "rcpt" else None)
    running = Running(queue, sink.port, "--metrics", ":0", "--stay")
    detail = running.wait_for(lambda e: e["event"] == "started")["detail"]
    running.wait_for(lambda e: e["event"] == "try-ended")
    port = int(detail.rsplit(" ", 1)[1])
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as page:
        text = page.read().decode()
    assert 'status="4.2.0",failure="reply-4yz",fate="transient"} 1\n' in text, text
    assert 'tempfail_send_recipients{state="waiting"} 1\n' in text, text
    running.process.terminate()
    running.end(0)
    figures = json.loads(call("stats", "--json", "--queue", queue)[1])
    assert figures["tries"][0]["count"] == 1 and figures["by_tries"] == {"1": 1}, figures
    assert "Tries: 1, 0 delivered" in call("stats", "--queue", queue)[1]


def test_mail_that_arrives_while_running_is_delivered(folder):
    queue = os.path.join(folder, "queue")
    sink = Sink()
    running = Running(queue, sink.port, "--stay")
    running.wait_for(lambda e: e["event"] == "started")
    call("enqueue", "--queue", queue, "--from", "f@sender.test", "--to", "a@x.test", stdin=message("late"))
    running.wait_for(lambda e: e["event"] == "finished")
    running.process.terminate()
    running.end(0)
    assert sink.accepted == {("late", "a@x.test"): 1}


def test_notification_comes_back(folder):
    queue = os.path.join(folder, "queue")
    sink = Sink(lambda stage, argument: "550 5.1.1 no such user" if argument == "gone@x.test" else None)
    call("enqueue", "--queue", queue, "--from", "f@sender.test", "--to", "gone@x.test", "--to", "there@x.test",
         "--envid", "my id", stdin=message("one"))
    Running(queue, sink.port).end()
    assert len(sink.messages) == 2, sink.messages
    sender, recipients, content = sink.messages[1]
    assert sender == "" and recipients == ["f@sender.test"]
    text = content.decode()
    assert "Original-Envelope-Id: my id\r\n" in text
    assert "Final-Recipient: rfc822; gone@x.test\r\nAction: failed\r\nStatus: 5.1.1\r\n" in text
    assert "there@x.test" not in text.split("message/delivery-status")[1].split("Content-Type")[0]


def test_sendmail_mode(folder):
    queue = os.path.join(folder, "queue")
    link = os.path.join(folder, "sendmail")
    os.symlink(BINARY, link)
    env = {**os.environ, "TEMPFAIL_SEND_QUEUE": queue}
    text = ("To: A <a@x.test>, group: b@x.test, c@x.test;\nCc: d@x.test\nBcc: secret@x.test\nX-Id: sm\n"
            "Subject: x\n\nbefore\n.\nafter\n")
    subprocess.run([link, "-t", "-oi", "-f", "f@sender.test"], input=text.encode(), env=env, check=True, timeout=60)
    subprocess.run([BINARY, "-i", "-ff@sender.test", "-F", "Full Name", "e@x.test"], input=b"X-Id: two\n\nbody\n",
                   env=env, check=True, timeout=60)
    refused = subprocess.run([link, "-bs"], env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    assert refused.returncode == 64, refused
    sink = Sink()
    Running(queue, sink.port).end()
    first = next(m for m in sink.messages if b"X-Id: sm" in m[2])
    assert sorted(first[1]) == ["a@x.test", "b@x.test", "c@x.test", "d@x.test", "secret@x.test"]
    assert b"secret" not in first[2] and b"\r\n.\r\nafter" in first[2], first[2]
    second = next(m for m in sink.messages if b"X-Id: two" in m[2])
    assert b"From: Full Name <f@sender.test>\r\n" in second[2], second[2]


def test_a_second_run_is_refused_in_another_container_too(folder):
    """As two containers have one volume: other processes, other mounts, the same folder."""
    queue = os.path.join(folder, "queue")
    inside = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*inside, "true"], capture_output=True, check=False).returncode != 0:
        print("     no namespaces here")
        return
    call("enqueue", "--queue", queue, "--from", "f@sender.test", "--to", "a@x.test", stdin=message("one"))
    sink = Sink()
    sink.hold("dot", 0)
    running = Running(queue, sink.port)
    assert sink.held.wait(60)
    done = subprocess.run([*inside, BINARY, "run", "--queue", queue, "--host", "127.0.0.1", "--port", str(sink.port)],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 75 and "is already delivering from this queue; only one process can" in done.stderr, done
    sink.let_go()
    running.wait_for(lambda e: e["event"] == "end")
    running.process.wait()
    assert sink.accepted == {("one", "a@x.test"): 1}, sink.accepted


def test_host_that_is_away(_folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    _, out, err = call("send", "--host", "127.0.0.1", "--port", port, "--from", "f@s.test", "--to", "a@x.test",
                       "--give-up", "3h", "--json", *FAST, stdin=message("x"), check=75)
    result = json.loads(out)[0]
    assert result["failure"] == "connect-refused" and result["status"] == "4.4.1" and result["tries"] >= 3, result
    assert "rule no-answer" in err


def main():
    failed = 0
    for name, test in sorted(globals().items()):
        if not name.startswith("test_"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(folder)
                print(f"ok   {name}", flush=True)
            except Exception as error:  # each test on its own
                failed += 1
                print(f"FAIL {name}: {type(error).__name__}: {error}", flush=True)
    return 1 if failed else 0


sys.exit(main())
