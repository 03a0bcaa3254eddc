#!/usr/bin/env python3
"""The drivers of examples/one-shot/ say what became of a message. Those whose language is not here are skipped, and said to be.

usage: libraries_test.py   runs `tempfail` from $TEMPFAIL_BIN
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples/one-shot"
TEMPFAIL = os.path.abspath(os.path.join(os.environ["TEMPFAIL_BIN"], "tempfail"))
SCENARIOS = ["healthy", "disk-full-at-mail", "no-such-user", "mailbox-full-one-of-three", "one-unknown-of-three",
             "closed-after-final-dot", "closed-after-rcpt", "message-refused"]
# What their libraries do: net/smtp sends nothing to anybody when one recipient is refused.
KNOWN = {"go": {"mailbox-full-one-of-three": {"recipients-one-by-one"}, "one-unknown-of-three": {"recipients-one-by-one"}}}
SKIPPED = 77


def commands(work):
    """The driver of each language that is here, ready to run."""
    yield "python", [sys.executable, EXAMPLES / "send.py"]
    if shutil.which("perl") and subprocess.run(["perl", "-MNet::SMTP", "-MJSON::PP", "-e", "1"]).returncode == 0:
        yield "perl", ["perl", EXAMPLES / "send.pl"]
    if shutil.which("go"):
        build = subprocess.run(["go", "build", "-o", work / "send", EXAMPLES / "send.go"], capture_output=True, text=True,
                               env={**os.environ, "GOCACHE": os.environ.get("GOCACHE", str(work / "go-cache"))})
        assert build.returncode == 0, build.stderr
        yield "go", [work / "send"]


def run(work, language, command):
    report = work / f"{language}.json"
    done = subprocess.run([TEMPFAIL, "test", *SCENARIOS, "--role", "one-shot", "--tls-policy", "none", "--report-dir",
                           work / language, "--json-report", report, "--", *map(str, command)],
                          capture_output=True, text=True)
    mistakes = []
    for case in json.loads(report.read_text())["cases"]:
        name = case["scenario"]
        broken = {f["rule"] for f in case["findings"] if f["outcome"] == "fail" and f["level"] == "must"}
        known = KNOWN.get(language, {}).get(name, set())
        if broken != known or case["answer"] not in (("fail",) if known else ("ok", "ok-but")):
            mistakes.append(f"{language} on {name}: {case['answer']} {sorted(broken)}")
    print(f"{language}:", *(line for line in done.stdout.splitlines() if " cases: " in line))
    return mistakes


def main():
    mistakes, languages = [], []
    with tempfile.TemporaryDirectory() as name:
        for language, command in commands(pathlib.Path(name)):
            languages.append(language)
            mistakes += run(pathlib.Path(name), language, command)
    for language in {"perl", "go"} - set(languages):
        print(f"skipped: {language} is not on this machine")
    print("\n".join(mistakes))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
