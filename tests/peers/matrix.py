#!/usr/bin/env python3
"""What real senders do in each scenario: runs them, keeps it as JSON in docs/matrix/, writes docs/matrix.md from it.

    matrix.py                   runs every sender through all scenarios, then writes the page
    matrix.py swaks postfix     only these rows; the others stay as they are
    matrix.py swaks --scenarios 'network/*'     only these scenarios; what is known of the others stays
    matrix.py swaks-tls-required    what swaks does with TLS that fails, when it is told to need it
    matrix.py --page            writes the page from the JSON that is there
    matrix.py --check           exits with 1 when the page is not what the JSON says
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import accounts  # noqa: E402 (needs the path)
import senders  # noqa: E402 (needs the path)
from cases import Run  # noqa: E402
from served import program  # noqa: E402

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
DATA = DOCS / "matrix"
PAGE = DOCS / "matrix.md"

# An hour in three seconds: MTAs know no interval shorter than a second, and the machine may be busy.
SCALE = 1200
PLAIN_ROWS = ([name for name in senders.NAMES] + [f"{name}-retrying" for name in senders.NAMES] + senders.QUEUEING)
POLICIES = ["opportunistic", "required", "verified"]
TLS_ROWS = [f"{name}-tls-{policy}" for policy in POLICIES for name in senders.NAMES + senders.QUEUEING]
ROWS = PLAIN_ROWS + TLS_ROWS
TLS_FAMILY = "tls"
KEPT = ("ok", "ok-but")
# What stands in a cell for an answer that names no rule (docs/verdicts.md).
CELLS = {"error": "error", "not-applicable": "–", "undecided": "?", "not-met": "not met"}


def policy_of(row):
    """What a sender is told about TLS; empty: it goes without."""
    return row.partition("-tls-")[2]


def command_of(row):
    name, _, retrying = row.partition("-")
    if policy_of(row):
        told = ["--tls", "as-told"]
        return [name, "--hours", "6", *told] if name in senders.QUEUEING else [name, "--retrying", "--tries", "3", *told]
    if name in senders.QUEUEING:
        return [name, "--hours", "12"]
    return [name, "--retrying"] if retrying else [name]


def version_of(row):
    """What the program calls itself."""
    from fetch_peer import fetch
    name = row.partition("-")[0]
    if name == "smtplib":
        return f"Python {sys.version.split()[0]}"
    if name == "nodemailer":
        package = fetch(name).root / "usr/share/nodejs/nodemailer/package.json"
        return f"nodemailer {json.loads(package.read_text())['version']}"
    commands = {"swaks": ["swaks", "--version"], "curl": ["curl", "--version"], "msmtp": ["msmtp", "--version"]}
    if name in commands:
        said = subprocess.run(commands[name], capture_output=True, text=True, check=True).stdout
        return " ".join(said.replace(" version", "").split()[:2])
    peer = fetch(name)
    if name == "postfix":
        done = subprocess.run([peer.program("postconf"), "-d", "-h", "mail_version"], env=peer.environment(),
                              capture_output=True, text=True, check=True)
        return f"Postfix {done.stdout.strip()}"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([peer.program("exim"), "-C", "/dev/null", "-bV"], capture_output=True, text=True,
                              env=accounts.environment(peer, folder))
    return " ".join(done.stdout.replace(" version", "").split()[:2])


def clear_text(case):
    """Whether MAIL was said without TLS."""
    inside = set()
    for event in case.events:
        if event["event"] == "tls" and event.get("ok"):
            inside.add(event["session"])
        if event["event"] == "exchange" and event["stage"] == "mail" and event["session"] not in inside:
            return True
    return False


def did(case):
    """What a sender did in one case, without what differs from run to run."""
    tries = case.tries()
    record = next((value for name, value in case.records.items() if name in senders.QUEUEING), None)
    connections = [event for event in case.events if event["event"] == "connect"]
    entry = {
        "answer": case.answer,
        "connections": len(connections),
        "tries": len(tries),
        "accepted": len(case.accepted()),
        "failed_must": sorted(rule for rule, finding in case.findings.items()
                              if finding["outcome"] == "fail" and finding["level"] == "must"),
        "failed_should": sorted(rule for rule, finding in case.findings.items()
                                if finding["outcome"] == "fail" and finding["level"] == "should"),
    }
    problems = sorted({event["problem"] for event in case.events if event["event"] == "tls" and event.get("problem")})
    if any(event["event"] == "tls" for event in case.events) or "uses-tls" in case.findings:
        entry["tls"] = {"in_clear_text": clear_text(case), "problems": problems}
    if case.answer not in ("ok", "ok-but", "fail"):
        entry["why"] = case.why
    if record:
        entry["last"] = sorted(set(record["last"].values())) if record["finished"] else ["queued"]
        entry["notifications"] = [[action, status] for one in record["notifications"]
                                  for action, status, _ in one["recipients"]]
    return entry


def scenarios_for(row):
    """The family tls is for those rows that speak it."""
    if policy_of(row):
        return [f"{TLS_FAMILY}/*"]
    listed = subprocess.run([program(), "list", "--families"], capture_output=True, text=True, check=True).stdout
    return [f"{family}/*" for family in listed.split() if family != TLS_FAMILY]


def measure(row, scenarios):
    print(f"{row}: running", flush=True)
    scenarios = scenarios or scenarios_for(row)
    options = ["--tls-policy", policy_of(row)] if policy_of(row) else []
    if row in senders.NAMES:
        options += ["--role", "one-shot"]
    with tempfile.TemporaryDirectory(prefix="tempfail-matrix-") as folder:
        run = Run(folder, scenarios, command_of(row), scale=SCALE, jobs=8, options=options)
        families = json.loads((pathlib.Path(folder) / "report.json").read_text())["cases"]
        return {
            "sender": row,
            "version": version_of(row),
            "command": " ".join(["tests/peers/send.py", *command_of(row)]),
            "time_scale": SCALE,
            "scenarios": {f"{case['family']}/{case['scenario']}": did(run[case["scenario"]]) for case in families},
        }


def joined(known, measured):
    """A row with some scenarios measured anew, in the order of the catalogue; what has left it is left out."""
    listed = subprocess.run([program(), "list", "--json"], capture_output=True, text=True, check=True).stdout
    found = {**known["scenarios"], **measured["scenarios"]}
    names = [scenario["id"] for scenario in json.loads(listed)]
    return {**measured, "scenarios": {name: found[name] for name in names if name in found}}


def cell(entry):
    if entry is None:
        return ""
    if entry["answer"] in KEPT:
        tries = max(entry["tries"], 1)
        text = "ok" if tries == 1 else f"ok, {tries} tries"
        return text + (f" ({', '.join(entry['failed_should'])})" if entry["failed_should"] else "")
    if entry["answer"] == "fail":
        return "**" + ", ".join(entry["failed_must"]) + "**"
    return CELLS[entry["answer"]]


def tls_cell(entry):
    """As cell(), and whether the message went in clear text."""
    text = cell(entry)
    in_clear = entry is not None and entry.get("tls", {}).get("in_clear_text")
    return text + ", *in clear text*" if in_clear else text


def table(rows, scenarios, cell_of=cell):
    text = ["| scenario | " + " | ".join(row["version"] for row in rows) + " |", "| --- |" + " --- |" * len(rows)]
    for scenario in scenarios:
        cells = [cell_of(row["scenarios"].get(scenario)) for row in rows]
        text.append(f"| {scenario} | " + " | ".join(cells) + " |")
    kept = [sum(entry["answer"] in KEPT for entry in row["scenarios"].values()) for row in rows]
    return text + ["| **kept all MUST rules** | " + " | ".join(
        f"{count} of {len(row['scenarios'])}" for count, row in zip(kept, rows)) + " |", ""]


TLS_TITLES = {
    "opportunistic": "TLS that fails: senders that use it where they can",
    "required": "TLS that fails: senders that were told to need it",
    "verified": "TLS that fails: senders that were told to verify",
}


def page():
    files = sorted(DATA.glob("*.json"), key=lambda path: ROWS.index(path.stem))
    rows = [json.loads(path.read_text()) for path in files]
    scenarios = sorted({name for row in rows for name in row["scenarios"] if not policy_of(row["sender"])})
    text = [
        "# What real senders do",
        "",
        "Generated by `scripts/matrix` from [what was measured](matrix/): each sender went through the scenarios under",
        "`tempfail test`. *ok*: every MUST rule was kept, in so many tries. **Bold**: the MUST rules that were broken.",
        "In brackets: SHOULD rules that were broken. *not met*: the failure took no effect on the sender; *?*: undecided; *–*: not",
        "applicable; *error*: the case could not be run. *retrying* means a plain loop around the same program, which asks",
        "again after 35 minutes, 70 minutes and so on; Postfix and Exim have their own queues, with their first",
        "interval at half an hour. `tempfail list --rules` and [verdicts.md](verdicts.md) say what the rules are.",
        "",
        "Two things to know of `network/*`. *waits* says nothing about Exim there: behind a message's last chunk it sends QUIT and",
        "closes its side at once (seen by a server that only listened), and a silent server of tempfail takes that for the",
        "client's end. And all rows but those of Postfix and of the retrying swaks, smtplib and curl were measured on a",
        "busy machine, on which *first-retry* can be broken by the delay alone, and",
        "windows that begin with the server (`connection-refused`, `server-is-back`, `server-restarts`: as little as a second)",
        "may be over before a sender has started. Those three were measured a second time for the senders without a queue",
        "or loop, because some had met no failure at all the first time; the second figures are shown.",
        "",
    ]
    for title, chosen in (("Senders without a queue: one try", [r for r in rows if r["sender"] in senders.NAMES]),
                          ("In a plain retry loop", [r for r in rows if r["sender"].endswith("-retrying")]),
                          ("With a queue", [r for r in rows if r["sender"] in senders.QUEUEING])):
        if not chosen:
            continue
        text += [f"## {title}", "", *table(chosen, scenarios)]
    for policy, title in TLS_TITLES.items():
        chosen = [row for row in rows if policy_of(row["sender"]) == policy]
        if chosen:
            known = sorted({name for row in chosen for name in row["scenarios"]})
            text += [f"## {title}", "", f"`tempfail test 'tls/*' --tls-policy {policy}`. *In clear text*: MAIL was said without TLS.", "",
                     *table(chosen, known, tls_cell)]
    return "\n".join(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []], metavar="SENDER", help=" ".join(ROWS))
    parser.add_argument("--scenarios", nargs="+", help="only these; what a row holds of the others stays")
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        if PAGE.read_text() == page():
            return 0
        print(f"{PAGE} is not what docs/matrix/*.json says: run scripts/matrix --page")
        return 1
    DATA.mkdir(exist_ok=True)
    if not arguments.page:
        for row in arguments.rows or ROWS:
            measured = measure(row, arguments.scenarios or [])
            file = DATA / f"{row}.json"
            if arguments.scenarios and file.exists():
                measured = joined(json.loads(file.read_text()), measured)
            file.write_text(json.dumps(measured, indent=1) + "\n")
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
