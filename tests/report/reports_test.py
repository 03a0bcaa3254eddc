"""The reports as other programs read them: XML against its schema, JSON, HTML, none with a control character."""
import html.parser
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

VOID = {"meta", "br", "link", "input", "rect", "line", "circle"}


class Balance(html.parser.HTMLParser):
    """Fails when an element is closed that is not open, or asks for something from elsewhere."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attributes):
        assert tag not in ("img", "iframe", "link"), tag
        for name, value in attributes:
            assert not name.startswith("on") and name not in ("src",) and "://" not in (value or ""), (name, value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()


def check_junit(path):
    schema = pathlib.Path(__file__).with_name("junit.xsd")
    if shutil.which("xmllint"):
        subprocess.run(["xmllint", "--noout", "--schema", schema, path], check=True)
    else:
        print("xmllint is not installed: the schema was not held against the report")
    root = ElementTree.parse(path).getroot()
    assert root.tag == "testsuites"
    assert {k: root.get(k) for k in ("tests", "failures", "errors")} == {
        "tests": "9", "failures": "2", "errors": "2"}, root.attrib
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests")) == len(cases)
        for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suite.get(attribute)) == sum(c.find(kind) is not None for c in cases), kind
    by_name = {case.get("name"): case for case in root.iter("testcase")}
    failure = by_name["greylisted"].find("failure")
    assert failure.get("message").startswith("first-retry: b@rcpt.test: after 29m48s (12s too early)")
    assert '451 4.7.1 <later> & "soon"' in failure.text
    assert "Jürgen" in failure.text
    assert "source: RFC 5321 section 4.2.1 (it says SHOULD NOT)\nreason: asking <again> can't help\n" in failure.text
    assert by_name["mailbox-full"].find("skipped") is not None
    assert by_name["mailbox-busy"].find("failure").get("type") == "unexpected-pass"
    error = by_name["greylisted-long"].find("error")
    assert error.get("type") == "error" and "exit status 127" in error.get("message"), error.attrib
    undecided = by_name["queue-stopped"].find("error")
    assert undecided.get("type") == "undecided" and "still waiting" in undecided.text, undecided.attrib
    assert by_name["certificate-expired"].find("skipped").get("message") == "not met: no TLS was begun on this connection"
    assert by_name["handshake-reset"].find("skipped").get("message").startswith("not applicable: the sender does not support this")
    advised = by_name["disk-full"]
    assert [child.tag for child in advised] == ["system-out"], [child.tag for child in advised]
    assert "fail  SHOULD  back-off: intervals 1h, 1h" in advised.find("system-out").text
    assert [child.tag for child in by_name["healthy"]] == ["system-out"]
    assert by_name["greylisted"].get("classname") == "tempfail.greylist"


def main():
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        subprocess.run([sys.argv[1], directory], check=True)
        for path in directory.iterdir():
            text = path.read_text(encoding="utf-8")
            assert all(c == "\n" or c >= " " for c in text), path
            assert "Jürgen" in text, path
        check_junit(directory / "junit.xml")
        report = json.loads((directory / "report.json").read_text())
        assert report["command"] == "mailer --to '<b@rcpt.test>' & \"more\""
        page = (directory / "report.html").read_text()
        parser = Balance()
        parser.feed(page)
        parser.close()
        assert parser.open == [], parser.open
        assert "&lt;b@rcpt.test&gt;" in page and "<b@rcpt.test>" not in page
        assert "<dd>RFC 5321 section 4.2.1 (it says SHOULD NOT)</dd>" in page
        assert "<dt>why MUST</dt><dd>asking &lt;again&gt; can" in page
        assert page.count('<details class="case') == 9
        assert page.count("<script>") == 1 and "</script>" in page


if __name__ == "__main__":
    main()
