#!/usr/bin/env python3
"""Holds scenarios/schema.json against the loader, in both directions.

Every key and word the loader knows is in the schema and the other way round; every valid file is valid
to both; every invalid file is refused by both, but for those that say "# schema: can't say: WHY".

usage: schema_test.py SCENARIO_TOOL SCENARIOS_DIRECTORY
"""
import glob
import json
import os
import re
import subprocess
import sys

try:
    import jsonschema
    import yaml
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

TOOL, SCENARIOS = sys.argv[1:3]
HERE = os.path.dirname(os.path.abspath(__file__))
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print(f"FAILED: {what}")


class Yaml12(yaml.SafeLoader):
    """YAML 1.2's words, as editors and the loader read them: `on` and `no` are texts."""
    yaml_implicit_resolvers = {}


Yaml12.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))
Yaml12.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(~|null|)$"), ["~", "n", ""])
Yaml12.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?[0-9]+$"), list("-0123456789"))
Yaml12.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?[0-9]+\.[0-9]+$"), list("-0123456789"))
Yaml12.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])


def vocabulary():
    out = subprocess.run([TOOL, "vocabulary"], capture_output=True, text=True, check=True).stdout
    tables = {}
    for line in out.splitlines():
        kind, name, *words = line.split(" ")
        tables[kind, name] = set(words)
    return tables


with open(os.path.join(SCENARIOS, "schema.json")) as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
definitions = schema["definitions"]
tables = vocabulary()

# Maps: the same keys, the same required ones.
for (kind, name), words in tables.items():
    if kind not in ("map", "required"):
        continue
    definition = definitions.get(name)
    if definition is None:
        check(False, f"the schema has no definition `{name}`")
    elif kind == "map":
        check(words == set(definition["properties"]), f"keys of `{name}`: {words ^ set(definition['properties'])}")
        check(definition.get("additionalProperties") is False, f"`{name}` allows unknown keys")
    else:
        check(words == set(definition.get("required", [])), f"required keys of `{name}`")
closed = {name for name, d in definitions.items() if "properties" in d}
check(closed == {name for kind, name in tables if kind == "map"}, "the schema has maps the loader does not know")

# Words. Every enumeration of the schema is one of these, so none is left out.
WORDS = {
    "stage": ["stage"], "per": ["per"], "extension": ["extension"], "mechanism": ["mechanism"],
    "action-word": ["action-word"], "even": ["rule", "properties", "even"], "expected-flag": ["expected-flag"],
    "rate-per": ["rate", "properties", "per"], "tls": ["tls-mode"],
    "tls-key": ["tls", "properties", "key"], "tls-certificate": ["tls", "properties", "certificate"],
    "tls-client-certificate": ["tls", "properties", "client-certificate"], "listen-answer": ["listen-answer"],
    "record-type": ["record-type"], "saying": ["saying"], "transport": ["transport"], "wrong-part": ["wrong-part"],
    "address-family": ["address-family"], "notify": ["notify-word"], "ret": ["ret-word"],
    "notified-field": ["notified-field"],
    "alert": ["alert"], "forward-to": ["forward", "properties", "to"],
    "met-whole": ["met-whole"], "met-block": ["met-block"], "expected-flag-of-some": ["expected-flag-of-some"],
}
for kind, name in tables:
    if kind == "words" and name.startswith("state:"):
        WORDS[name] = ["when", "properties", name.removeprefix("state:")]
    if kind == "words" and name.startswith("expected:"):
        WORDS[name] = ["expectation", "properties", name.removeprefix("expected:")]
WORDS["expected:notified"] = ["notified-word"]
check({name for kind, name in tables if kind == "words"} == set(WORDS), "a list of words has no place in the schema")
for name, path in WORDS.items():
    place = definitions
    for step in path:
        place = place[step]
    check(set(place["enum"]) == tables["words", name], f"words of `{name}`")


def count_enums(node):
    if isinstance(node, dict):
        return ("enum" in node) + sum(count_enums(value) for value in node.values())
    return sum(count_enums(value) for value in node) if isinstance(node, list) else 0


actions = set(definitions["notified-action"]["enum"])
check(actions == tables["words", "expected:notified"] - {"never"}, "actions of a notification")
check(count_enums(schema) == len(WORDS) + 2, "an enumeration of the schema is not checked")  # 2: flag, notified-action


def refusals(path):
    """What the schema says against a file; a list, empty when nothing."""
    with open(path) as file:
        try:
            value = yaml.load(file, Yaml12)
        except (yaml.YAMLError, RecursionError) as error:
            return [f"not valid YAML: {error}"]
    try:
        return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(value)]
    except RecursionError:
        return ["endless"]


valid = sorted(glob.glob(os.path.join(HERE, "valid", "*.yaml")) + glob.glob(os.path.join(SCENARIOS, "*", "*.yaml")))
check(len(valid) > 3, "no valid files were found")
for path in valid:
    for refusal in refusals(path):
        check(False, f"{path}: the schema refuses a valid file: {refusal}")
    said = subprocess.run([TOOL, "check", path], capture_output=True, text=True)
    check(said.returncode == 0, f"{path}: the loader refuses a valid file: {said.stdout}")

invalid = sorted(glob.glob(os.path.join(HERE, "invalid", "*.yaml")))
check(len(invalid) > 20, "no invalid files were found")
for path in invalid:
    with open(path) as file:
        text = file.read()
    beyond = re.search(r"^# schema: can't say: .+$", text, re.MULTILINE)
    refused = refusals(path)
    if beyond:
        yaml_itself = "the YAML reader itself" in beyond.group(0)
        check(not refused or yaml_itself, f"{path}: the schema can say it after all: {refused}")
    else:
        check(refused, f"{path}: the schema lets an invalid file pass")

print(f"{len(valid)} valid files, {len(invalid)} invalid ones, {len(failures)} failures")
sys.exit(1 if failures else 0)
