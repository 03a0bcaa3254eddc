"""A real browser for tests: Chromium, driven through chromedriver by the WebDriver protocol, with the standard library alone."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

DEADLINE = 60  # seconds; generous, for a loaded machine
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1300,1000"]


def missing():
    """What this machine lacks; empty: nothing."""
    for name in ("chromium", "chromedriver"):
        if not shutil.which(name):
            return name
    return ""


class Browser:
    """`with Browser() as browser:` a window of its own."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="tempfail-browser-")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.driver = subprocess.Popen(["chromedriver", f"--port={self.port}", "--log-level=WARNING"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": self.folder})
        self.wait(self.is_ready, "chromedriver")
        options = {"args": [*ARGUMENTS, f"--user-data-dir={self.folder}/profile"], "binary": shutil.which("chromium")}
        wanted = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}
        self.session = ""
        self.session = "/session/" + self.ask("POST", "/session", {"capabilities": wanted})["sessionId"]
        return self

    def __exit__(self, *_):
        try:
            if self.session:
                self.ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(DEADLINE)
            shutil.rmtree(self.folder, ignore_errors=True)

    def is_ready(self):
        if self.driver.poll() is not None:
            raise AssertionError("chromedriver ended")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/status", timeout=DEADLINE) as answer:
                return json.load(answer)["value"]["ready"]
        except OSError:
            return False

    def wait(self, condition, what):
        """Until the condition holds; its value. Fails when it has not come by the deadline."""
        end = time.monotonic() + DEADLINE
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError(f"did not happen within {DEADLINE} s: {what}")
            time.sleep(0.05)  # looks again

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{self.session}{path}", method=method,
                                         data=json.dumps(body or {}).encode() if method == "POST" else None,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {json.load(error)['value']['message']}") from None

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def script(self, text, *arguments):
        return self.ask("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def find(self, selector):
        return self.ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        """The page may draw the element anew between the search and the click."""
        def clicked():
            try:
                self.ask("POST", f"/element/{self.find(selector)}/click")
                return True
            except AssertionError as mistake:
                if "stale element" not in str(mistake):
                    raise
                return False
        self.wait(clicked, f"a click on {selector}")

    def type(self, selector, text):
        element = self.find(selector)
        self.ask("POST", f"/element/{element}/clear")
        self.ask("POST", f"/element/{element}/value", {"text": text})

    def text(self, selector):
        """What a reader sees of the elements, joined."""
        return self.script("return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText).join('\\n')", selector)

    def wait_for(self, selector, words):
        """Until the elements say so; all that they say."""
        return self.wait(lambda: (lambda said: said if words in said else "")(self.text(selector)), f"{selector} says {words!r}")

    def complaints(self):
        """What the browser has to say against the page: errors of scripts, refused resources."""
        return [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"}) if entry["level"] == "SEVERE"]

    def screenshot(self, path):
        import base64
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", "/screenshot")))
