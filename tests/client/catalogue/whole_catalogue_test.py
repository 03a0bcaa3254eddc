"""tempfail-send through the whole catalogue, judged strictly: `tempfail test --strict` must find nothing to object to.

    whole_catalogue_test.py REPORTS [SCENARIO|FAMILY|GLOB …]

The catalogue is taken as the program has it; a scenario that is added is part of the run. Scenarios differ in the time
they take, and so in the scale at which they can be judged on a busy machine: what lasts days goes faster than what ends in
hours, and what is about seconds goes slower. Parts run at the same time, because waiting is most of what they do. What is
about TLS is run three times: by a sender that may do without, one that needs TLS, and one that verifies.
"""
import concurrent.futures
import fnmatch
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys

TEMPFAIL = os.path.join(os.environ["TEMPFAIL_BIN"], "tempfail")
SENDER = os.path.join(os.environ["TEMPFAIL_BIN"], "tempfail-send")

# Scenarios that can't be the sender's to pass: name -> reason. Each fails the run if it passes after all.
NOT_THE_SENDERS = {}

# What a program that only sends can't be put to: name -> reason. `tempfail test` leaves these out too.
NEEDS_A_SERVER = {"mail-loop": "mail comes back to the sender's own server"}

HOURS = {"s": 1 / 3600, "m": 1 / 60, "h": 1, "d": 24}
# More side by side than there are cores: a case computes for a tenth of a second, and waits for the rest.
JOBS = 32


class Part:
    """Some of the scenarios, at one time scale."""

    def __init__(self, name, scale, options=(), jobs=JOBS, sender=()):
        self.name, self.scale, self.options, self.jobs, self.sender = name, scale, list(options), jobs, list(sender)
        self.scenarios = []

    def run(self, reports):
        """Runs `tempfail test`; gives its report."""
        folder = reports / self.name
        folder.mkdir(parents=True, exist_ok=True)
        expected = folder / "expected-failures.txt"
        expected.write_text("".join(f"{name}\n" for name in self.scenarios if name in NOT_THE_SENDERS))
        command = [TEMPFAIL, "test", *self.scenarios, "--strict", "--time-scale", str(self.scale), "--jobs", str(self.jobs),
                   "--timeout", "400", "--expected-failures", expected, "--report-dir", folder, *self.options, "--",
                   "env", "TEMPFAIL_SEND_PASSWORD={password}", SENDER, "send", "--host", "{host}", "--port", "{port}",
                   "--from", "{sender}", "--to", "{recipients}", "--user", "{user}", "--auth-in-clear", "--tls", "{tls}", "--ca", "{ca}",
                   "--time-scale", "{time_scale}", "--seed", "1", "--notifications", "--quiet", "--notify", "{notify}",
                   "--ret", "{ret}", "--envid", "{envid}", "--orcpt", "{orcpt}", "--requiretls={requiretls}", *self.sender, "{message}"]
        report_file = folder / "report.json"
        report_file.unlink(missing_ok=True)
        done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=550)
        if not report_file.exists():
            raise RuntimeError(f"{self.name}: no report; tempfail says:\n{done.stdout}")
        report = json.loads(report_file.read_text(encoding="utf-8"))
        report["text"], report["exit_code"] = done.stdout, done.returncode
        return report


def hours(duration):
    """"2d", "1h30m" as hours."""
    return sum(float(number) * HOURS[unit] for number, unit in re.findall(r"([\d.]+)(d|h|m|s)", duration))


def catalogue(wanted):
    """All scenarios of the program, or those that `wanted` names."""
    listed = subprocess.run([TEMPFAIL, "list", "--json", *wanted], check=True, stdout=subprocess.PIPE, timeout=60)
    scenarios = json.loads(listed.stdout)
    for name in sorted(scenario["name"] for scenario in scenarios if scenario["name"] in NEEDS_A_SERVER):
        print(f"left out: {name}: {NEEDS_A_SERVER[name]}")
    for scenario in scenarios:
        if scenario["needs_names"]:
            print(f"left out: {scenario['name']}: it is about names, and this run gives an address and a port")
        elif scenario["needs_lab"]:
            print(f"left out: {scenario['name']}: only a lab can show it")
    return [scenario for scenario in scenarios
            if scenario["name"] not in NEEDS_A_SERVER and not scenario["needs_names"] and not scenario["needs_lab"]]


def divide(scenarios):
    """The parts of the run, in threads that run side by side."""
    days, seconds, rest = Part("days", 1800), Part("seconds", 30, jobs=6), Part("hours", 400)
    # What comes back when a message is given up: that is to be soon.
    back = Part("notifications", 1800, ["--queue-lifetime", "6h", "--sender-server", "1"], sender=["--give-up", "6h"])
    required = Part("tls-required", 400, ["--tls-policy", "required"])
    verified = Part("tls-verified", 400, ["--tls-policy", "verified"])
    for scenario in scenarios:
        if scenario["family"] == "dsn":
            part = back
        elif hours(scenario["test"]["watch"]) >= 24:
            part = days
        elif fnmatch.fnmatch(scenario["id"], "pace/*"):
            part = seconds
        else:
            part = rest
        part.scenarios.append(scenario["name"])
        if scenario["family"] == "tls":
            required.scenarios.append(scenario["name"])
            verified.scenarios.append(scenario["name"])
    return [[days], [seconds], [rest, required, verified], [back]]


def show(part, report):
    """A part's table; True when the part went as it should."""
    totals = report["totals"]
    print(f"== {part.name}: time scale {part.scale}{''.join(' ' + word for word in part.options)}: {totals['cases']} cases, "
          f"{totals['ok'] + totals['ok_but']} ok, {totals['fail']} failed, {totals['undecided']} undecided, "
          f"{totals['not_met']} not met, {totals['error']} errors, {totals['seconds']:.0f} s", flush=True)
    for case in report["cases"]:
        reason = NOT_THE_SENDERS.get(case["scenario"])
        print(f"  {case['result']:16} {case['family'] + '/' + case['scenario']:50} {case['seconds']:6.1f} s"
              + (f"  ({reason})" if reason else ""))
    good = report["exit_code"] == 0 and report["passed"] and totals["cases"] == len(part.scenarios)
    if not good:
        print(report["text"], flush=True)
    return good


def main():
    reports = pathlib.Path(sys.argv[1])
    scenarios = catalogue(sys.argv[2:])
    threads = [[part for part in thread if part.scenarios] for thread in divide(scenarios)]
    with concurrent.futures.ThreadPoolExecutor(len(threads)) as pool:
        found = list(pool.map(lambda thread: [(part, part.run(reports)) for part in thread], threads))
    good, judged = True, set()
    for part, report in itertools.chain.from_iterable(found):
        good = show(part, report) and good
        judged |= {case["scenario"] for case in report["cases"]}
    good = good and len(judged) == len(scenarios) > 0
    print(f"{len(judged)} of {len(scenarios)} scenarios judged strictly: {'all passed' if good else 'NOT all passed'}")
    return 0 if good else 1


sys.exit(main())
