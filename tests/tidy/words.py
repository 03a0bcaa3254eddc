#!/usr/bin/env python3
"""Holds what users read against words.txt: words and shapes of sentences that a newcomer reads twice.

usage: words.py [FILE …]    without a file: every text for users in the repository

Read are: README.md, CHANGELOG.md, SECURITY.md, docs/*.md and the READMEs of examples/ and fixtures/ without their code;
the string literals of simulator/ and client/ that are sentences (errors, help, rules, findings); the sentences of
`explain`; the summaries and descriptions of scenarios; titles of families; what `tempfail senders` shows; the sentences
and comments of mixes, of the sender's policy, of action.yml and of the Debian package; the head of the page of all
scenarios; the descriptions in JSON schemas and in the API's document; the texts of the live page. A sentence of the README has at most 30 words, and the README links to every page in docs/.
Links between pages lead to a file, and to a heading where they name one.
Prints `file:line: what` for each breach and exits with 1 when there is any. Before that it tries itself:
each pattern has to find its own example.
"""
import json
import os
import re
import subprocess
import sys

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MOST_WORDS = 30
# Where replies of servers and words of other programs stand, not ours.
NOT_OURS = ("simulator/explain/registry.cpp",)


# Files with comments and sentences that users read.
SETTINGS = ("action.yml", "client/policy/default.yaml", "packaging/debian/tempfail.default",
            "packaging/debian/tempfail.service")


def rows(name, columns):
    found = []
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            cells = [cell.strip() for cell in line.rsplit(" | ", columns - 1)]
            if len(cells) != columns or not all(cells):
                sys.exit(f"tests/tidy/{name}:{number}: not {columns} columns with ` | ` between them")
            found.append(cells)
    return found


class Words:
    """The patterns, and the exceptions that were used."""

    def __init__(self):
        self.patterns = [(re.compile(pattern if pattern.startswith("(?-i:") else f"(?i:{pattern})"), instead, example)
                         for pattern, instead, example in rows("words.txt", 3)]
        self.allowed = {piece: 0 for piece, _ in rows("words-allowed.txt", 2)}

    def is_allowed(self, text, match):
        for piece in self.allowed:
            at = text.find(piece)
            while at >= 0:
                if at <= match.start() and match.end() <= at + len(piece):
                    self.allowed[piece] += 1
                    return True
                at = text.find(piece, at + 1)
        return False

    def find(self, text):
        """(what stands there, what to write instead) for each breach in a text without line ends."""
        for pattern, instead, _ in self.patterns:
            for match in pattern.finditer(text):
                if not self.is_allowed(text, match):
                    yield match.group(0).strip(" .;:,|"), instead


def of_markdown(text):
    """(line, paragraph) without code; a table's row, a list's item and a heading are paragraphs of their own."""
    text = re.sub(r"^```.*?^```", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"`[^`\n]*`", "X", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    start, lines = 1, []
    for number, line in enumerate(text.split("\n") + [""], 1):
        if re.match(r"\s*(\||#|[-*] |\d+\. |$)", line) and lines:
            yield start, " ".join(lines)
            lines = []
        if line.strip():
            if not lines:
                start = number
            lines.append(line.strip())


STRING = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\((?P<raw>.*?)\)\1"|"(?P<plain>(?:[^"\\\n]|\\.)*)"|\'(?:[^\'\\\n]|\\.)+\'', re.DOTALL)


def of_cpp(text):
    """(line, sentence) of string literals; those with nothing between them are one."""
    text = re.sub(r"^\s*#\s*include[^\n]*", "", text, flags=re.MULTILINE)
    start, parts, end = 0, [], 0
    for match in STRING.finditer(text):
        literal = match["raw"] if match["raw"] is not None else match["plain"]
        if literal is None:
            continue
        if parts and text[end:match.start()].strip():
            yield start, "".join(parts)
            parts = []
        if not parts:
            start = text.count("\n", 0, match.start()) + 1
        parts.append(literal.replace("\\n", "\n").replace('\\"', '"'))
        end = match.end()
    if parts:
        yield start, "".join(parts)


def of_json(text):
    """(line, text) of the descriptions in a JSON schema or in a document of OpenAPI."""
    for match in re.finditer(r'"(?:description|summary|title)": ("(?:[^"\\\n]|\\.)*")', text):
        yield text.count("\n", 0, match.start()) + 1, json.loads(match[1])


def of_html(text):
    for match in re.finditer(r">([^<>]*\w[^<>]*)<", text):
        yield text.count("\n", 0, match.start()) + 1, match[1]


def of_scenario(text):
    node = yaml.compose(text)
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        if key.value in ("summary", "description") or isinstance(value.value, str) and key.start_mark.column == 0:
            yield key.start_mark.line + 1, value.value if isinstance(value.value, str) else ""


def of_explain(text):
    """The sentences of codes.yaml: not what servers say, nor what is registered."""
    for _, entries in yaml.compose(text).value:
        for entry in entries.value:
            for key, value in entry.value:
                if key.value in ("title", "meaning", "who", "why", "advice", "when"):
                    yield key.start_mark.line + 1, value.value


def of_settings(text):
    """The comments of a YAML file or of a file of systemd, and the sentences of a YAML file: not its names and commands."""
    comments = re.sub(r"^(?! *#).*", lambda m: "" if not m[0].strip() else "|", text, flags=re.MULTILINE)
    for start, paragraph in of_markdown(re.sub(r"^ *# ?", "", comments, flags=re.MULTILINE)):
        if paragraph.strip("| "):
            yield start, paragraph
    for match in re.finditer(r"^[^#\n]*[a-z*\"]: ?.*? # (.*)$", text, re.MULTILINE):
        yield text.count("\n", 0, match.start()) + 1, match[1]
    for line, key, value in scalars_of(text):
        if key in ("summary", "description", "meaning", "what", "root", "why"):
            yield line, value


def scalars_of(text):
    """(line, key, text) of the entries of a YAML file; nothing of a file that has no maps."""
    try:
        todo = [yaml.compose(text)]
    except yaml.YAMLError:
        return
    while todo:
        node = todo.pop()
        if isinstance(node, yaml.SequenceNode):
            todo.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                todo.append(value)
                if isinstance(value, yaml.ScalarNode):
                    yield value.start_mark.line + 1, key.value, value.value


def of_control(text):
    """The descriptions of Debian's packages: the short one, and each paragraph of the long one."""
    for match in re.finditer(r"^Description: (.*)((?:\n .*)*)", text, re.MULTILINE):
        for paragraph in (match[1], *re.split(r"\n \.$", match[2], flags=re.MULTILINE)):
            yield text.count("\n", 0, match.start()) + 1, paragraph.strip()


def texts_of(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        text = file.read()
    if path.endswith(".md"):
        return [(line, " ".join(part.split())) for line, part in of_markdown(text)]
    if path.endswith((".cpp", ".hpp", ".ipp")):
        return [(line, " ".join(part.split())) for line, part in of_cpp(text) if re.search(r"\w \w", part)]
    if path.endswith(".json"):
        return [(line, " ".join(part.split())) for line, part in of_json(text)]
    if path.endswith(".html"):
        return [(line, " ".join(part.split())) for line, part in of_html(text)]
    if path in SETTINGS or re.fullmatch(r"senders/.+\.yaml|examples/.+\.yaml", path):
        return [(line, " ".join(part.split())) for line, part in of_settings(text)]
    if path.endswith("/control"):
        return [(line, " ".join(part.split())) for line, part in of_control(text)]
    if path.startswith("simulator/explain/"):
        return [(line, " ".join(part.split())) for line, part in of_explain(text)]
    return [(line, " ".join(part.split())) for line, part in of_scenario(text)]


def is_for_users(path):
    if path in NOT_OURS:
        return False
    return (path in ("README.md", "CHANGELOG.md", "SECURITY.md", "packaging/debian/control", *SETTINGS) or re.fullmatch(r"docs/[^/]+\.md|(examples|fixtures)/.*README\.md", path)
            or path in ("docs/handover.schema.json", "scenarios/schema.json", "simulator/http/openapi.json")
            or path == "simulator/http/page/index.html"
            or re.fullmatch(r"senders/[^/]+/sender\.yaml|examples/.+\.yaml", path)
            or re.fullmatch(r"scenarios/.+\.yaml", path) or re.fullmatch(r"simulator/explain/.+\.yaml", path)
            or path.startswith(("simulator/", "client/")) and path.endswith((".cpp", ".hpp", ".ipp")))


def sentences(paragraph):
    for sentence in re.split(r"(?<=[.!?])\s+", re.sub(r"^(\||#+|[-*]|\d+\.)\s*", "", paragraph)):
        yield from sentence.split("|")


def too_long(paragraph):
    """Sentences of more than 30 words; cells of a table are read one by one."""
    for sentence in sentences(paragraph):
        words = re.findall(r"[^\s]*\w[^\s]*", sentence)
        if len(words) > MOST_WORDS:
            yield len(words), " ".join(words[:6])


def breaches_of(path, texts, words):
    for line, text in texts:
        for what, instead in words.find(text):
            yield f"{path}:{line}: \"{what[:70]}\": {instead}"
        if path == "README.md":
            for count, beginning in too_long(text):
                yield f"{path}:{line}: a sentence of {count} words (at most {MOST_WORDS}): \"{beginning} …\""


def failures_of_itself(words):
    """What a check that finds nothing would say: each pattern finds its example, each kind of text is read."""
    for pattern, _, example in words.patterns:
        if not pattern.search(example):
            yield f"words.txt: {pattern.pattern} does not find its example: {example}"
    bad = "Who starts anew waits for ever"
    planted = {
        "README.md": of_markdown(f"Fine.\n\n{bad}\n"), "x.md": of_markdown(f"| `a` | {bad} |\n"),
        "x.cpp": of_cpp(f'f("{bad[:9]}"\n  "{bad[9:]}"); // fine'), "x.yaml": of_scenario(f"summary: {bad}\n"),
        "explain": of_explain(f"codes:\n  - why: {bad}\n"), "x.json": of_json(f'{{"description": "{bad}"}}'),
        "x.html": of_html(f"<p>{bad}</p>"), "action.yml": of_settings(f"a: 1\n# {bad}\nb: 2\n"),
        "sender.yaml": of_settings(f"needs:\n  - what: {bad}\n"), "default.yaml": of_settings(f"a: 1   # {bad}\n"),
        "control": of_control(f"Package: x\nDescription: short\n {bad}\n"),
    }
    for path, texts in planted.items():
        if len(list(breaches_of(path, texts, words))) < 3:
            yield f"a planted sentence is not found in {path}"
    if list(breaches_of("x.md", of_markdown(f"```\n{bad}\n```\nSee `{bad}`.\n"), words)):
        yield "code is read as text"
    if not list(too_long("word " * 31)) or list(too_long("word " * 30)):
        yield "long sentences are not found"


def pages_without_a_link(tracked):
    """Pages that a reader of the README can't find."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        linked = set(re.findall(r"\]\(([^)#]+)[^)]*\)", file.read()))
    for path in tracked:
        if re.fullmatch(r"docs/[^/]+\.(md|html|json|png|svg)", path) and path not in linked:
            yield f"README.md:1: no link to {path}"


def anchor(heading):
    """The name that GitHub gives a heading."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def without_fences(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return re.sub(r"^```.*?^```", lambda m: "\n" * m[0].count("\n"), file.read(), flags=re.MULTILINE | re.DOTALL)


def broken_links(pages):
    """Links of pages to a file that does not exist, or to a heading that has another name."""
    anchors = {page: {anchor(m[1]) for m in re.finditer(r"^#+ (.*)", without_fences(page), re.MULTILINE)} for page in pages}
    for page in pages:
        text = without_fences(page)
        for match in re.finditer(r"\]\(([^)\s:]+)\)", text):
            file, _, heading = match[1].partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(page), file)) if file else page
            line = text.count("\n", 0, match.start()) + 1
            if not os.path.exists(os.path.join(ROOT, target)):
                yield f"{page}:{line}: no file for the link {match[1]}"
            elif heading and target in anchors and heading not in anchors[target]:
                yield f"{page}:{line}: no heading for the link {match[1]}"


def main():
    words = Words()
    breaches = list(failures_of_itself(words))
    for piece in words.allowed:
        words.allowed[piece] = 0
    named = sys.argv[1:]
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    read = {}
    for path in named or [p for p in tracked if is_for_users(p) and os.path.isfile(os.path.join(ROOT, p))]:
        texts = texts_of(path)
        top = path.split("/")[0]
        read[top] = read.get(top, 0) + len(texts)
        breaches.extend(breaches_of(path, texts, words))
    if not named:
        breaches.extend(pages_without_a_link(tracked))
        breaches.extend(broken_links([path for path in tracked if path.endswith(".md")]))
        for top in ("README.md", "docs", "scenarios", "simulator", "client"):
            if read.get(top, 0) < 20:
                breaches.append(f"{top}: only {read.get(top, 0)} texts were read")
        breaches.extend(f"words-allowed.txt: no text needs \"{piece}\"" for piece, used in words.allowed.items() if not used)
    print("\n".join(breaches))
    print(f"{sum(read.values())} texts, {len(breaches)} breaches")
    sys.exit(1 if breaches else 0)


if __name__ == "__main__":
    main()
