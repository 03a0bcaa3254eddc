#!/usr/bin/env python3
"""examples/three-servers: what its files start, on loopback, is three servers with one state and one journal."""
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import time
import unittest

import yaml

import rawclient
from redis_server import RedisServer
from served import Served, program

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "examples" / "three-servers"
DEADLINE_SECONDS = 120.0
IN_THE_FILES = {"--bind": "0.0.0.0", "--shared-port": "25"}


class Servers:
    """Serves what a command line of the example says, at these addresses of loopback and on free ports."""

    def __init__(self, words, store, store_address):
        scenarios = words[:next(at for at, word in enumerate(words) if word.startswith("--"))]
        options = dict(zip(words[len(scenarios)::2], words[len(scenarios) + 1::2]))
        if {name: options[name] for name in IN_THE_FILES} != IN_THE_FILES or options["--store"] != store:
            raise AssertionError(options)
        self.all = []
        for number in (1, 2, 3):
            here = {**options, "--bind": f"127.0.0.{number}", "--shared-port": "0", "--store": store_address, "--time-scale": "3600"}
            if "--http" in here:
                here["--http"] = "127.0.0.1:0"
            self.all.append(Served(*scenarios, options=[word for pair in here.items() for word in pair]))

    def __enter__(self):
        started = []
        try:
            for server in self.all:
                started.append(server.__enter__())
        except BaseException:
            for server in started:
                server.stop()
            raise
        return [server.shared for server in started]

    def __exit__(self, *trouble):
        for server in self.all:
            server.__exit__(*trouble)


def answer(place, recipient):
    """The code of RCPT; a message that may be sent is sent."""
    client = rawclient.Connection(*place)
    code = ""
    for line in (None, "EHLO client.test", "MAIL FROM:<a@sender.test>", f"RCPT TO:<{recipient}>"):
        if line is not None:
            client.send_line(line)
        code = read_code(client)
    if code == "250":
        client.send_line("DATA")
        read_code(client)
        client.send(b"From: a@sender.test\r\nSubject: x\r\nMessage-ID: <1@sender.test>\r\n\r\nx\r\n.\r\n")
        code = read_code(client)
    client.send_line("QUIT")
    read_code(client)
    client.close()
    return code


def read_code(client):
    while True:
        line = client.read_line().decode()
        if line[3:4] != "-":
            return line[:3]


class ThreeServersTest(unittest.TestCase):
    def check_all_are_one(self, words, store):
        redis = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]["store"]["command"]
        self.assertEqual(redis[:3], ["redis-server", "--port", "6379"])
        with RedisServer(options=redis[3:]) as server:
            with Servers(words, store, server.address) as places:
                self.assertEqual(answer(places[0], "joe@greylisted.test"), "451")
                deadline = time.monotonic() + DEADLINE_SECONDS
                while answer(places[1], "joe@greylisted.test") != "250":
                    self.assertLess(time.monotonic(), deadline)
                self.assertEqual(answer(places[2], "joe@greylisted.test"), "250")  # the third knows it, too
                run = words[words.index("--store-run") + 1]
                judged = subprocess.run([program(), "judge", "--from", server.address, "--store-run", run, "--json"], capture_output=True,
                                        text=True, timeout=DEADLINE_SECONDS, check=False)
        cases = {case["scenario"]: case for case in json.loads(judged.stdout)["cases"]}
        # To the judge it is one sender, which was put off by one server, and sent a second copy to another.
        outcomes = {finding["rule"]: finding["outcome"] for finding in cases["greylisted"]["findings"]}
        self.assertEqual((cases["greylisted"]["answer"], outcomes["retry"], outcomes["no-duplicate"]), ("fail", "pass", "fail"), judged.stdout)

    def test_the_compose_file(self):
        services = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
        servers = [service for name, service in services.items() if name.startswith("server-")]
        self.assertEqual(len(servers), 3)
        self.assertEqual(servers[0]["command"][0], "serve")
        for service in servers:
            self.assertEqual({**service, "hostname": ""}, {**servers[0], "hostname": ""})
        self.check_all_are_one(servers[0]["command"][1:], "redis://store:6379")

    def test_the_options_of_the_service(self):
        """What an instance starts, with the drop-in."""
        drop_in = (FOLDER / "store.conf").read_text()
        command = re.findall("^ExecStart=/usr/bin/tempfail serve --ready-file %t/tempfail-%i/ready.json (.*)$", drop_in, re.MULTILINE)
        self.assertEqual(command, ["$TEMPFAIL_SERVE $TEMPFAIL_STORE"])
        of_instance = re.search(r'TEMPFAIL_SERVE="(.*)"', (FOLDER / "README.md").read_text()).group(1)
        of_all = re.search(r'TEMPFAIL_STORE=(.*)"', drop_in).group(1)
        self.check_all_are_one(shlex.split(f"{of_instance} {of_all}"), "redis://192.0.2.1:6379")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_takes_the_template_with_the_drop_in(self):
        root = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-units-"))
        self.addCleanup(shutil.rmtree, root)
        shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
        (root / "usr/bin").mkdir()
        shutil.copy(program(), root / "usr/bin")
        self.make_template(root / "usr/lib/systemd/system")
        folder = root / "etc/systemd/system/tempfail@.service.d"
        folder.mkdir(parents=True)
        shutil.copy(FOLDER / "store.conf", folder)
        self.analyze("verify", "--man=no", "--recursive-errors=no", "--root", root, "tempfail@mx1.service")
        # Of 100 in all; 0 is a service that can do nothing.
        self.analyze("security", "--offline=true", "--threshold=20", "--root", root, "tempfail@mx1.service")

    def make_template(self, folder):
        """As packaging/debian/rules makes it for the package."""
        debian = FOLDER.parents[1] / "packaging" / "debian"
        lines = (debian / "rules").read_text().replace("\\\n", "").splitlines()
        [command] = [line.strip() for line in lines if line.strip().startswith("sed ") and "tempfail@.service" in line]
        (folder / "debian").mkdir()
        shutil.copy(debian / "tempfail.service", folder / "debian")
        subprocess.run(["sh", "-c", command], cwd=folder, check=True)
        (folder / "debian" / "tempfail@.service").rename(folder / "tempfail@.service")

    def analyze(self, *words):
        done = subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_zone_has_one_name_for_three_addresses(self):
        zone = (FOLDER / "mail.zone").read_text()
        self.assertRegex(zone, r"(?m)^\*\s+IN MX\s+10 mx$")
        block = re.search(r"(?ms)^mx\s.*", zone).group(0)
        self.assertEqual(len(set(re.findall(r"IN A\s+(192\.0\.2\.\d+)$", block, re.MULTILINE))), 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
