#!/usr/bin/env python3
"""scripts/bench store-load, with few messages: what it sends is answered, counted by Redis, and in the stream."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).with_name("store_load.py")
SKIPPED = 77


class StoreLoadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory(prefix="tempfail-store-load-") as folder:
            table = pathlib.Path(folder) / "table.json"
            done = subprocess.run([sys.executable, PROGRAM, "--brief", "--json", table], capture_output=True, text=True,
                                  timeout=300, check=False)
            if done.returncode != 0:
                raise AssertionError(done.stdout + done.stderr)
            cls.output, cls.table = done.stdout, json.loads(table.read_text())

    def test_each_mix_is_what_a_server_asks(self):
        names = {mix["mode"]: [name for kind, name in mix["steps"] if kind != "lines"] for mix in self.table["mixes"]}
        self.assertEqual(names["healthy"], ["connected", "accepted", "disconnected"])
        self.assertEqual(names["kept"], ["connected", *["accepted"] * 20, "disconnected"])
        self.assertEqual(names["greylisted"], ["connected", "greylist", "disconnected"] +
                         ["connected", "greylist", "accepted", "disconnected"])
        for mix in self.table["mixes"]:
            self.assertGreater(mix["journal_bytes_per_message"], 1000)

    def test_all_that_was_sent_was_asked_and_answered(self):
        questions = {mix["mode"]: mix["questions_per_message"] for mix in self.table["mixes"]}
        size = {mix["mode"]: mix["journal_bytes_per_message"] for mix in self.table["mixes"]}
        self.assertEqual(len(self.table["loads"]), len(questions) * 2 * 2)  # servers and rates
        for row in self.table["loads"]:
            with self.subTest(mode=row["mode"], servers=row["servers"], rate=row["rate"]):
                self.assertGreater(row["messages"], 0)
                self.assertEqual(row["questions"], round(row["messages"] * questions[row["mode"]]))
                self.assertEqual(row["evalsha"], row["questions"] + row["renewals"])
                self.assertEqual(row["xadd"], row["entries"])
                self.assertEqual(row["entries_in_stream"], row["entries"])
                self.assertEqual(row["answers"], row["evalsha"] + row["xadd"])
                self.assertEqual(row["journal_bytes_per_message"], round(size[row["mode"]]))
                self.assertEqual(row["left_open"], 0)
                self.assertLessEqual(row["latency_ms"]["50"], row["latency_ms"]["99"])

    def test_what_a_question_costs_is_printed(self):
        self.assertEqual({row["servers"] for row in self.table["costs"]}, {3, 10})
        for row in self.table["costs"]:
            self.assertGreater(row["alone_us"], 0)
            self.assertIn(f"{row['mode']}, {row['servers']} servers: {row['question']}: {row['alone_us']} µs alone", self.output)


if __name__ == "__main__":
    if not shutil.which("redis-server") or "TEMPFAIL_BIN" not in os.environ:
        print("can't run here: no redis-server, or no TEMPFAIL_BIN")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
