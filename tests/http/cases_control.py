"""`tempfail control` over both skins: the same commands, the same answers; and messages kept in files."""
import json
import os
import stat
import subprocess

import api
import program
from api import deliver
from cases_servers import QUEUE
from program import Server, wait_until

class Skins(program.Case):
    def setUp(self):
        super().setUp()
        self.socket = self.directory / "control"
        where = self.scenario_files(stoppable=QUEUE)
        self.server = Server(self.directory, "stoppable", "healthy", "--scenarios", where, "--port", "0", "--clock",
                             "manual", "--control", self.socket, "--http", "0")
        self.server.__enter__()
        self.addCleanup(lambda: self.server.__exit__(None))
        self.skins = {"socket": [self.socket], "url": ["--url", self.server.ready["http"]["url"]]}

    def test_commands(self):
        for skin, place in self.skins.items():
            with self.subTest(skin=skin):
                ask = lambda *words: self.ok("control", *place, *words).strip()
                self.assertEqual(ask("ready"), "ready")
                before = ask("now")
                self.assertEqual(ask("advance", "1s"), ask("now"))
                self.assertNotEqual(ask("now"), before)
                self.assertEqual(ask("stop-queue", "stoppable"), "stopped stoppable")
                self.assertTrue(deliver(self.server.port("stoppable")).startswith("432"))
                self.assertEqual(ask("start-queue", "stoppable"), "started stoppable")
                self.assertEqual(ask("reset", "stoppable"), "reset stoppable")
                self.assertEqual(ask("reset", "all"), "reset all")
                position = int(ask("mark", skin))
                events = json.loads(ask("events", position - 1, "0s"))
                self.assertEqual((events["position"], events["events"][0]["label"]), (position, skin))
                status = json.loads(ask("status"))
                self.assertEqual({one["scenario"] for one in status["endpoints"]}, {"stoppable", "healthy"})

    def test_wait(self):
        for count, place in enumerate(self.skins.values(), 1):
            for what in ("tries", "messages"):
                waiting = subprocess.Popen([program.TEMPFAIL, "control", *map(str, place), "wait", what, str(count), "60s"],
                                           stdout=subprocess.PIPE, text=True)
                if what == "tries":
                    deliver(self.server.port("healthy"))
                answer = json.loads(waiting.communicate(timeout=program.DEADLINE)[0])
                self.assertEqual((waiting.returncode, answer["complete"], answer["count"]), (0, True, count))
            self.assertFalse(json.loads(self.ok("control", *place, "wait", "messages", "99", "1ms"))["complete"])

    def test_events_are_followed(self):
        for skin, place in self.skins.items():
            with subprocess.Popen([program.TEMPFAIL, "control", *map(str, place), "events"], stdout=subprocess.PIPE,
                                  text=True) as following:
                self.assertEqual(json.loads(following.stdout.readline())["event"], "run")
                self.ok("control", *place, "mark", "m-" + skin)
                for line in following.stdout:
                    if json.loads(line).get("label") == "m-" + skin:
                        break
                else:
                    self.fail("the mark did not come")
                following.terminate()

    def test_errors(self):
        for skin, place in self.skins.items():
            with self.subTest(skin=skin):
                for words, part in ((["stop-queue", "healthy"], "has no queue"), (["advance", "soon"], "soon"),
                                    (["reset", "helthy"], "did you mean healthy"), (["dance"], "unknown command dance"),
                                    (["advance"], "usage: advance DURATION"), (["wait", "tries", "1", "2m"], "2m")):
                    self.assertIn(part, self.fails(2, "control", *place, *words))
        self.assertIn("no server 9", self.fails(2, "control", *self.skins["url"], "--server", "9", "now"))
        self.assertIn("is not a valid address of an API", self.fails(2, "control", "--url", "ftp://x", "now"))
        self.assertIn("a COMMAND is missing", self.fails(2, "control", self.socket))
        self.assertIn("--url", self.fails(2, "control", self.socket, "now", "--server", "1"))
        self.server.stop()
        for word in ("now", "ready"):
            self.assertIn("Connection refused", self.fails(3, "control", *self.skins["url"], word))

    def test_a_made_server_by_its_id(self):
        made = api.Api(self.server.ready["http"]["url"]).make(clock="manual")
        place = [*self.skins["url"], "--server", made["id"]]
        self.assertEqual(self.ok("control", *place, "advance", "5m").strip(), "5m")
        self.assertEqual(self.ok("control", *self.skins["url"], "now").strip(), "0s")


class Kept(program.Case):
    def test_serve_keeps_messages(self):
        for arguments in ((), ("--http", "0")):
            kept = self.directory / f"kept{len(arguments)}"
            with Server(self.directory, "healthy", "--port", "0", "--keep", kept, *arguments) as server:
                self.assertTrue(deliver(server.port("healthy"), content="Subject: 1\r\n\r\n..dot").startswith("250"))
                file = kept / "healthy-1-1.eml"
                self.assertEqual(file.read_bytes(), b"Subject: 1\r\n\r\n.dot\r\n")
                self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)

    def test_a_folder_that_cannot_be_made_is_reported_once(self):
        with Server(self.directory, "healthy", "--port", "0", "--keep", "/dev/null/x") as server:
            for _ in range(2):
                self.assertTrue(deliver(server.port("healthy")).startswith("250"))
            wait_until(lambda: "--keep: /dev/null/x" in server.output(), "the report")
            self.assertEqual(server.output().count("--keep"), 1)

    def test_test_keeps_messages_beside_the_journal(self):
        report = self.directory / "report"
        self.ok("test", "healthy", "--report-dir", report, "--", *program.SENDER, "once")
        journal = [json.loads(line) for line in (report / "cases/healthy/journal.jsonl").read_text().splitlines()]
        contents = [one for one in journal if one["event"] == "content"]
        self.assertGreater(len(contents), 0)
        self.assertEqual((report / "cases/healthy/received-1.eml").stat().st_size, contents[0]["size"])
