#!/usr/bin/env python3
"""Holds docs/scenarios.md against the loader: every key and word is explained, every example is right.

And docs/adding-a-fault.md against the tree: every file that it names is there, and those of its example have the fault.

usage: docs_test.py SCENARIO_TOOL DOCS_DIRECTORY
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

TOOL, DOCS = sys.argv[1:3]
failures = []
with open(os.path.join(DOCS, "scenarios.md")) as file:
    reference = file.read()

vocabulary = subprocess.run([TOOL, "vocabulary"], capture_output=True, text=True, check=True).stdout
words = {word for line in vocabulary.splitlines() for word in line.split(" ")[2:]}
prose = re.sub(r"^ *```.*?^ *```", "", reference, flags=re.MULTILINE | re.DOTALL)
code = set(re.findall(r"[\w.-]+", " ".join(re.findall(r"`([^`]+)`", prose))))
for word in sorted(words - code):
    failures.append(f"`{word}` is not explained in docs/scenarios.md")

examples = 0
with tempfile.TemporaryDirectory() as directory:
    for path in sorted(glob.glob(os.path.join(DOCS, "*.md"))):
        with open(path) as file:
            blocks = re.findall(r"^( *)```yaml\n(.*?)^ *```", file.read(), re.MULTILINE | re.DOTALL)
        for indent, block in blocks:
            text = re.sub("^" + indent, "", block, flags=re.MULTILINE)
            if not re.search(r"^summary:", text, re.MULTILINE):
                continue  # a fragment, or another file format
            examples += 1
            example = os.path.join(directory, "example.yaml")
            with open(example, "w") as file:
                file.write(text)
            said = subprocess.run([TOOL, "check", example], capture_output=True, text=True)
            if said.returncode != 0:
                failures.append(f"{path}: an example is wrong: {said.stdout}")
ROOT = os.path.dirname(DOCS)
with open(os.path.join(DOCS, "adding-a-fault.md")) as file:
    page = file.read()
PATH = r"`((?:simulator|scenarios|tests|docs|scripts)/[\w./-]+)`"
for path in sorted(set(re.findall(PATH, page))):
    if not os.path.exists(os.path.join(ROOT, path)):
        failures.append(f"docs/adding-a-fault.md names {path}, which is not there")
steps = re.findall(r"^\| \d+\. .* \| (.*) \|$", page, re.MULTILINE)
example = [path for step in steps for path in re.findall(PATH, step)]
for path in example:
    with open(os.path.join(ROOT, path)) as file:
        if not re.search(r"duplicate[-_]?repl", file.read() + path, re.IGNORECASE):
            failures.append(f"docs/adding-a-fault.md: {path} has nothing of the fault")
if len(example) < 10:
    failures.append("the files of the example were not found")
if examples < 3:
    failures.append("the examples were not found")

print("\n".join(failures))
print(f"{len(words)} words, {examples} examples, {len(failures)} failures")
sys.exit(1 if failures else 0)
