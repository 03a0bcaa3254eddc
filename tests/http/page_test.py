"""The live page: its files, and in a real browser what each of its buttons does.

    page_test.py [SCREENSHOT_FOLDER]
"""
import os
import pathlib
import re
import smtplib
import sys
import unittest

import browser
import program
from api import Api
from program import Server

SHOTS = sys.argv[1] if len(sys.argv) > 1 else ""


def send(port, recipient="someone@rcpt.test", helo="app.test"):
    """One message by an application of this name; the error code, or 250."""
    try:
        with smtplib.SMTP("127.0.0.1", port, local_hostname=helo, timeout=60) as client:
            client.sendmail("me@sender.test", [recipient], "Subject: hello\r\n\r\nhello\r\n")
        return 250
    except smtplib.SMTPResponseException as error:
        return error.smtp_code
    except smtplib.SMTPRecipientsRefused as error:
        return next(iter(error.recipients.values()))[0]


class Page(program.Case):
    def setUp(self):
        super().setUp()
        self.server = Server(self.directory, "--http", "0")
        self.server.__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        self.url = self.server.ready["http"]["url"]
        self.api = Api(self.url)


class Files(Page):
    def test_files_are_there_and_may_load_nothing_else(self):
        seen, left = set(), ["/"]
        while left:
            path = left.pop()
            if path in seen:
                continue
            seen.add(path)
            answer = self.api.get(path)
            self.assertEqual(answer.status, 200, path)
            self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
            text = answer.body.decode()
            self.assertNotIn("://", text.replace("http://www.w3.org/2000/svg", ""), path)
            left += re.findall(r'(?:href|src)="(/[^"]*)"', text)
            left += ["/page/" + name for name in re.findall(r'from "\./([^"]+)"', text)]
        self.assertEqual(seen, {"/", "/page/style.css", "/page/main.js", "/page/api.js", "/page/dialogue.js", "/page/tries.js"})
        types = {path: self.api.get(path).type() for path in seen}
        self.assertEqual(types["/"], "text/html")
        self.assertEqual(types["/page/main.js"], "text/javascript")
        self.assertEqual(self.api.get("/page/none.js").status, 404)


class InBrowser(Page):
    def setUp(self):
        super().setUp()
        if browser.missing():
            self.skipTest(browser.missing() + " is not installed")
        self.window = browser.Browser()
        self.window.__enter__()
        self.addCleanup(self.window.__exit__, None, None, None)
        self.window.open(self.url)

    def shot(self, name):
        if SHOTS:
            pathlib.Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.window.screenshot(os.path.join(SHOTS, name + ".png"))

    def make(self, scenario, clock="manual"):
        """A server made with the page's form; its port."""
        page = self.window
        page.wait(lambda: page.script("return document.querySelectorAll('#scenarios option').length") > 100, "the catalogue is there")
        page.script("document.getElementById('new').open = true")
        page.type("#scenario", scenario)
        page.click(f"#clock option[value={clock}]")
        page.click("#new-form > button")
        page.wait_for("#title", scenario)
        endpoints = page.wait_for("#endpoints", "127.0.0.1:")
        return int(re.search(r"127\.0\.0\.1:(\d+)", endpoints)[1])

    def end(self):
        """Nothing went wrong but what a request meets whose server has been closed meanwhile."""
        self.assertEqual([one for one in self.window.complaints() if "status of 404" not in one], [])

    def test_a_server_is_made_watched_steered_and_closed(self):
        page = self.window
        port = self.make("disk-full")
        page.wait_for("#summary", "disk is full")
        self.assertEqual(send(port, helo="shop.test"), 452)
        page.wait_for("#sessions summary", "shop.test")
        page.click("#sessions summary")
        dialogue = page.wait_for("#sessions li", "452 4.3.1")
        self.assertIn("→ QUIT", page.wait_for("#sessions li", "closed after QUIT"))
        self.assertIn("mail FROM:<me@sender.test>", dialogue)
        page.wait_for("#tries", "1 try; the last: 452 4.3.1")
        page.wait(lambda: page.script("return document.querySelectorAll('#tries circle.transient').length") == 1, "a dot for the try")
        page.wait(lambda: page.script("return document.querySelectorAll('#tries rect.window').length") == 1, "the window of the retry")
        page.wait_for("#verdict", "disk-full")
        page.type("#advance", "2h")
        page.click("#advance-form button")
        page.wait_for("#figures", "2:00:")
        self.assertEqual(send(port, helo="shop.test"), 250)
        page.wait_for("#tries", "2 tries")
        message = page.wait_for("#messages", "me@sender.test → someone@rcpt.test")
        self.assertIn("from shop.test", message)
        page.click("#messages button")
        page.wait_for("#message", "Subject: hello")
        page.wait_for("#verdict .answer-ok", "ok")
        self.shot("disk-full")
        page.type("#mark", "second test")
        page.click("#mark-form button")
        page.click("#reset")
        page.wait(lambda: "mark" in self.api.get("/v1/servers/1/journal").body.decode(), "the mark is in the journal")
        page.wait(lambda: '"reset"' in self.api.get("/v1/servers/1/journal").body.decode(), "the reset is in the journal")
        self.assertEqual(send(port), 452)
        page.click("#delete")
        page.wait_for("#no-servers", "There are no servers yet")
        self.assertEqual(self.api.get("/v1/servers").json()["servers"], [])
        self.end()

    def test_applications_are_told_apart(self):
        page = self.window
        port = self.make("healthy", clock="real")
        for helo in ("shop.test", "blog.test", "shop.test"):
            self.assertEqual(send(port, helo=helo), 250)
        page.wait_for("#applications", "blog.test")
        page.wait(lambda: page.script("return document.querySelectorAll('#sessions .session').length") == 3, "three sessions")
        page.click("#applications button:last-child")
        visible = "return [...document.querySelectorAll('.session')].filter((one) => !one.hidden).length"
        self.assertEqual(page.script(visible), 1)
        page.click("#applications button:last-child")
        self.assertEqual(page.script(visible), 3)
        self.shot("applications")
        self.end()

    def test_the_queue_is_stopped_and_started(self):
        page = self.window
        port = self.make("queue-stopped")
        self.assertEqual(page.text("#queue"), "Stop the queue")
        page.click("#queue")
        page.wait_for("#queue", "Start the queue")
        self.assertGreaterEqual(send(port), 400)
        page.click("#queue")
        page.wait_for("#queue", "Stop the queue")
        self.end()

    def test_mistakes_of_an_own_scenario_are_shown_where_they_are(self):
        page = self.window
        page.wait(lambda: page.script("return document.querySelectorAll('#scenarios option').length") > 100, "the catalogue is there")
        page.script("document.getElementById('own').open = true")
        page.type("#scenario", "my-own")
        page.type("#yaml", "summary: x\nserver:\n  rules:\n    - on: nowhere\n")
        page.click("#new-form > button")
        self.assertIn("4:", page.wait_for("#mistakes", "nowhere"))
        page.wait_for("#trouble", "the scenario has mistakes")
        page.type("#yaml", "summary: No recipient exists\nserver:\n  rules:\n    - on: rcpt\n      reply: 550 5.1.1 No such user\n")
        page.click("#new-form > button")
        page.wait_for("#title", "my-own")
        port = int(re.search(r":(\d+)", page.text("#endpoints"))[1])
        self.assertEqual(send(port), 550)
        page.wait_for("#tries", "550 5.1.1")
        # The browser tells of the answer 422 as well, and of nothing else.
        self.assertTrue(all("422" in one for one in page.complaints()))


class WithToken(program.Case):
    def test_the_page_asks_for_the_token(self):
        if browser.missing():
            self.skipTest(browser.missing() + " is not installed")
        with Server(self.directory, "--http", "0.0.0.0:0") as server, browser.Browser() as page:
            ready = server.ready["http"]
            port = re.search(r":(\d+)", ready["url"].split("//")[1])[1]
            page.open(f"http://127.0.0.1:{port}/")
            page.wait_for("#trouble", "a token is needed")
            page.type("#token", ready["token"])
            page.click("#token-form button")
            page.wait(lambda: page.script("return document.querySelectorAll('#scenarios option').length") > 100, "the catalogue is there")
            page.wait(lambda: not page.text("#trouble"), "nothing is wrong any more")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
