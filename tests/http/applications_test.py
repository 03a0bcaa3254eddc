"""Six applications in four languages pointed at one server: the API and the page tell them apart."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import browser
import program
from api import Api
from program import DEADLINE, Server

SENDERS = pathlib.Path(__file__).resolve().parents[2] / "senders"
# How each is run (senders/NAME/sender.yaml), and what it needs besides.
APPLICATIONS = {
    "smtplib": ([sys.executable, str(SENDERS / "smtplib/send.py")], []),
    "swaks": ([sys.executable, str(SENDERS / "swaks/send.py")], ["swaks"]),
    "curl": ([sys.executable, str(SENDERS / "curl/send.py")], ["curl"]),
    "msmtp": ([sys.executable, str(SENDERS / "msmtp/send.py")], ["msmtp"]),
    "net-smtp-perl": (["perl", str(SENDERS / "net-smtp-perl/send.pl")], ["perl"]),
    "net-smtp-go": (["{programs}/net-smtp-go"], ["go"]),
}


class Applications(program.Case):
    @classmethod
    def setUpClass(cls):
        for name, (_, needs) in APPLICATIONS.items():
            for need in needs:
                if not shutil.which(need):
                    raise unittest.SkipTest(f"{need} is not installed, which {name} needs")
        cls.programs = tempfile.mkdtemp(prefix="tempfail-applications-")
        cls.addClassCleanup(shutil.rmtree, cls.programs, ignore_errors=True)
        subprocess.run(["go", "build", "-o", os.path.join(cls.programs, "net-smtp-go"), str(SENDERS / "net-smtp-go/main.go")],
                       check=True, timeout=540)

    def setUp(self):
        super().setUp()
        server = Server(self.directory, "--http", "0")
        server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        self.url = server.ready["http"]["url"]
        self.api = Api(self.url)

    def send(self, name, port):
        """One message by this application, from an address of its own; its exit status."""
        folder = self.directory / name
        folder.mkdir()
        message = folder / "message.eml"
        text = f"From: <app@{name}.test>\r\nTo: <you@rcpt.test>\r\nMessage-ID: <1@{name}.test>\r\nSubject: {name}\r\n\r\nhello\r\n"
        message.write_bytes(text.encode())
        (folder / "message.lf.eml").write_text(text.replace("\r\n", "\n"))
        task = {"id": "1", "scenario": "healthy", "host": "127.0.0.1", "port": port, "sender": f"app@{name}.test",
                "recipients": ["you@rcpt.test"], "parameters": [], "message": str(message),
                "message_lf": str(folder / "message.lf.eml"), "message_id": f"1@{name}.test", "time_scale": 1, "tls": "none",
                "tls_mode": "none", "ca": None, "dns": None, "user": None, "password": None, "role": "one-shot",
                "result": str(folder / "result.jsonl")}
        (folder / "handover.json").write_text(json.dumps(task))
        (folder / "handovers.json").write_text(json.dumps([task]))
        command = [word.format(programs=self.programs) for word in APPLICATIONS[name][0]]
        environment = {**os.environ, "PYTHONPATH": str(SENDERS), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(folder),
                       "TEMPFAIL_HANDOVER": str(folder / "handover.json"), "TEMPFAIL_HANDOVERS": str(folder / "handovers.json"),
                       "TEMPFAIL_CASE_DIR": str(folder), "TEMPFAIL_SCENARIO": "healthy", "TEMPFAIL_MESSAGE": str(message)}
        with open(folder / "output.txt", "w") as output:
            done = subprocess.run([*command, str(message)], env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                  stderr=subprocess.STDOUT, timeout=DEADLINE, cwd=folder)
        return done.returncode, (folder / "output.txt").read_text()

    def all_send(self, scenario):
        """Each of them, to one server; its path, and its port."""
        made = self.api.make(scenario, clock="manual")
        port = made["endpoints"][0]["port"]
        for name in APPLICATIONS:
            code, said = self.send(name, port)
            self.assertEqual(code, 0, f"{name}: {said}")
            shutil.rmtree(self.directory / name)
        return f"/v1/servers/{made['id']}"

    def test_the_api_tells_them_apart(self):
        path = self.all_send("healthy")
        messages = self.api.get(path + f"/messages?min={len(APPLICATIONS)}&wait={DEADLINE}s").json()["messages"]
        self.assertEqual({one["sender"] for one in messages}, {f"app@{name}.test" for name in APPLICATIONS})
        events = [json.loads(line) for line in self.api.get(path + "/journal").body.decode().splitlines()]
        ports = {event["session"]: event["client_port"] for event in events if event["event"] == "connect"}
        self.assertEqual(len(set(ports.values())), len(APPLICATIONS), "each has a port of its own")
        helos = set()
        for name in APPLICATIONS:
            question = f"?sender=app@{name}.test"
            [message] = self.api.get(path + "/messages" + question).json()["messages"]
            [attempt] = self.api.get(path + "/tries" + question).json()["tries"]
            self.assertEqual((message["message_id"], attempt["result"]), (f"1@{name}.test", "accepted"))
            self.assertIn(attempt["session"], ports)
            self.assertEqual(message["id"], f"{attempt['session']}-1")
            self.assertTrue(message["helo"], name)
            helos.add(message["helo"])
            content = self.api.get(f"{path}/messages/{message['id']}").body.decode()
            self.assertIn(f"Subject: {name}\r\n", content)
        print(f"{len(helos)} names at EHLO: {sorted(helos)}")

    def test_the_page_tells_them_apart(self):
        if browser.missing():
            self.skipTest(browser.missing() + " is not installed")
        path = self.all_send("healthy")
        with browser.Browser() as page:
            page.open(self.url + "/#" + path.rpartition("/")[2])
            for name in APPLICATIONS:
                page.wait_for("#applications", f"app@{name}.test")
                page.wait_for("#messages", f"app@{name}.test → you@rcpt.test")
                page.wait_for("#tries", f"you@rcpt.test from app@{name}.test: 1 try")
            chips = "return [...document.querySelectorAll('#applications button')].map((one) => one.textContent)"
            self.assertEqual(len(page.script(chips)), len(APPLICATIONS), page.script(chips))
            visible = "return [...document.querySelectorAll('.session')].filter((one) => !one.hidden).map((one) => one.innerText)"
            for name in APPLICATIONS:
                press = (f"[...document.querySelectorAll('#applications button')].find((one) => "
                         f"one.textContent.includes('app@{name}.test')).click()")
                page.script(press)
                [session] = page.script(visible)
                self.assertIn(f"app@{name}.test", session)
                page.script(press)
            self.assertEqual(len(page.script(visible)), len(APPLICATIONS))
            if len(sys.argv) > 1:
                page.screenshot(os.path.join(sys.argv[1], "applications.png"))
            self.assertEqual([one for one in page.complaints() if "status of 404" not in one], [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
