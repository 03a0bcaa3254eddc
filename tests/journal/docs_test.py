#!/usr/bin/env python3
"""Holds docs/journal.md against the encoder: every event and key that a journal may have is described.

usage: docs_test.py SOURCE_DIR
"""
import pathlib
import re
import sys


def main():
    root = pathlib.Path(sys.argv[1])
    docs = (root / "docs/journal.md").read_text()
    names = (root / "simulator/journal/words.hpp").read_text()
    # Keys: each stands in the encoder as part of the text that precedes its value.
    encoder = (root / "simulator/journal/encode.cpp").read_text()
    keys = set(re.findall(r'\\"([a-z_]+)\\":', encoder))
    words = set(re.findall(r'"([a-z-]+)"', names.split("namespace tempfail::journal {", 1)[1]))
    assert len(keys) > 60, f"only {len(keys)} keys found in the encoder"
    assert len(words) > 40, f"only {len(words)} words found in words.hpp"
    described = set(re.findall(r"[a-z][a-z0-9_-]*", " ".join(re.findall(r"`([^`]*)`", docs))))
    words.discard("itself")  # the default, which is never written
    missing = sorted((keys | words) - described)
    for word in missing:
        print(f"docs/journal.md does not describe `{word}`")
    return 1 if missing else 0


sys.exit(main())
