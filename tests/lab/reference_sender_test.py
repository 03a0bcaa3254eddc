"""tempfail-send in the lab, told nothing but sender and recipients: it looks hosts up by MX, and goes to port 25. Strictly judged.

    reference_sender_test.py REPORTS
"""
import json
import os
import pathlib
import subprocess
import sys

import sealed

SENDER = pathlib.Path(sealed.TEMPFAIL).with_name("tempfail-send")
FAMILIES = ("dns", "hosts", "routing", "dsn")
SCALE = 3600
LIFETIME = "6h"


def main(reports):
    reports = pathlib.Path(reports)
    reports.mkdir(parents=True, exist_ok=True)
    listed = json.loads(subprocess.run([sealed.TEMPFAIL, "list", "--json"], check=True, capture_output=True, timeout=60).stdout)
    # To mail-loop belongs a server of the sender's own; of several messages on one connection a command that sends one shows nothing.
    scenarios = [each["name"] for each in listed if (each["family"] in FAMILIES or each["needs_names"] or each["needs_lab"])
                 and each["name"] != "mail-loop" and each["test"]["messages"] == 1]
    if not os.path.exists("/proc/net/if_inet6"):
        print("the kernel has no IPv6: what needs it is left out")
    report_file = reports / "report.json"
    report_file.unlink(missing_ok=True)
    done = subprocess.run(
        [sealed.TEMPFAIL, "lab", "test", *scenarios, "healthy", "disk-full", "no-such-user", "--strict", "--require-met",
         "--time-scale", str(SCALE), "--jobs", "8", "--timeout", "400", "--queue-lifetime", LIFETIME,
         "--report-dir", reports, "--json-report", report_file, "--", SENDER, "send", "--from", "{sender}", "--to", "{recipients}", "--tls", "{tls}",
         "--notify", "{notify}", "--ret", "{ret}", "--envid", "{envid}", "--orcpt", "{orcpt}", "--requiretls={requiretls}", "--give-up", LIFETIME, "--time-scale", "{time_scale}", "--seed", "1", "--notifications", "--quiet", "{message}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=550)
    if not report_file.exists():
        print(done.stdout)
        return 1
    report = json.loads(report_file.read_text())
    for case in report["cases"]:
        print(f"  {case['result']:16} {case['family'] + '/' + case['scenario']:50} {case['seconds']:6.1f} s")
    good = done.returncode == 0 and len(report["cases"]) >= 60
    if not good:
        print(done.stdout)
    print(f"{len(report['cases'])} scenarios judged strictly: {'all passed' if good else 'NOT all passed'}")
    return 0 if good else 1


if __name__ == "__main__":
    sealed.need_lab()
    sys.exit(main(sys.argv[1]))
