#!/usr/bin/env python3
"""The mutations themselves, on a small source whose outcome is known.

usage: mutate_test.py C++-COMPILER
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import mutate
from mutations import mutations_of
from source import Source

COMPILER = sys.argv.pop(1)

UNTOUCHED = r'''// At most 3 of them; if (a < b) nothing happens.
#include <array>
#define LIMIT 7 + \
    8
static_assert(sizeof(int) >= 2 && true);
/* while (x > 5) ++x; */
namespace small {
using Five = std::array<int, 5>;
template <typename T, int N>
struct Box {
  Box(int size) : size_{size}, other_(size) {}
  int size_ = 4;
  T other_;
  bool operator<(const Box& other) const;
  enum class Colour { red = 1, blue = 2 };
};
int later(int value = 3);
void nothing() {
  const char* text = "a < b && 5; if (true) x();";
  const char* raw = R"x(1 < 2 || "3")x";
  const char letter = '<';
  static_assert(sizeof(text) > 1 || false);
  std::array<const char*, 2> both{text, raw};
  using Pair = std::array<int, 2>;
  return;
}
} // namespace small
'''

LIMITS = r'''// What the small test program tests.
namespace small {
namespace {
constexpr int most = 3;
int calls = 0;
void note() {
  ++calls;
}
} // namespace
int cut(int value) {
  if (value > most) return most;
  note();
  return value;
}
int noted() {
  return calls;
}
} // namespace small
'''
CHECKS = '''namespace small { int cut(int); int noted(); }
int main() {
  const bool ok = small::cut(4) == 3 && small::cut(2) == 2 && small::cut(1) == 1;
  return ok ? 0 : 1;
}
'''


def changes(text, path="x.cpp", functions=None):
    return {(m.kind, m.before, m.after) for m in mutations_of(Source(path, text), functions)}


def in_function(code):
    return changes("void f() {\n" + code + "\n}\n")


class Kinds(unittest.TestCase):
    def test_what_has_no_behaviour_stays(self):
        self.assertEqual(changes(UNTOUCHED), {("statement deleted", "return;", ";")})

    def test_comparisons(self):
        for operator, flipped in (("<", "<="), ("<=", "<"), (">", ">="), (">=", ">"), ("==", "!="), ("!=", "==")):
            self.assertEqual(in_function(f"const bool x = a {operator} b;"),
                             {("comparison flipped", f"const bool x = a {operator} b;",
                               f"const bool x = a {flipped} b;")})

    def test_constants(self):
        self.assertEqual({after for _, _, after in in_function("int x = 5;")},
                         {"int x = 6;", "int x = 4;", "int x = 10;"})
        self.assertEqual({after for _, _, after in in_function("int x = 0;")}, {"int x = 1;"})
        self.assertEqual({after for _, _, after in in_function("int x = 1;")}, {"int x = 2;", "int x = 0;"})
        self.assertEqual({after for _, _, after in in_function("auto x = 1'000U;")},
                         {"auto x = 1001U;", "auto x = 999U;", "auto x = 2000U;"})
        self.assertEqual({after for _, _, after in in_function("double x = 0.5;")},
                         {"double x = 1.5;", "double x = 1.0;"})
        self.assertEqual({after for _, _, after in in_function("bool x = true;")}, {"bool x = false;"})
        self.assertEqual({after for _, _, after in changes("constexpr int x = 1;\n")},
                         {"constexpr int x = 2;", "constexpr int x = 0;"})

    def test_conditions(self):
        line = "if (a(1, x) && b) c();"
        found = in_function(line)
        for change in (("condition negated", line, "if (!(a(1, x) && b)) c();"),
                       ("condition dropped", line, "if (true || (a(1, x) && b)) c();"),
                       ("condition dropped", line, "if (a(1, x)) c();"), ("condition dropped", line, "if (b) c();")):
            self.assertIn(change, found)
        self.assertIn(("condition negated", "return !x;", "return x;"), in_function("return !x;"))
        self.assertIn(("condition negated", "return x ? y : z;", "return !(x) ? y : z;"),
                      in_function("return x ? y : z;"))
        self.assertIn(("condition negated", "while (more) f();", "while (!(more)) f();"),
                      in_function("while (more) f();"))
        self.assertIn(("condition negated", "if (auto x = f(); x.ok()) g();", "if (auto x = f(); !(x.ok())) g();"),
                      in_function("if (auto x = f(); x.ok()) g();"))
        self.assertEqual({kind for kind, _, _ in in_function("if (const auto* x = f()) return x;")}, set())

    def test_statements(self):
        for statement in ("call(x);", "x = y;", "a.b->c(d);", "++x;", "break;", "return;", "out << x;"):
            self.assertIn(("statement deleted", statement, ";"), in_function(statement))
        for statement in ("int x;", "const auto y = f();", "std::vector<int> v{};", "Type* p = f();", "T& r = x;",
                          "return x;", "using A = B;", "throw x;", "for (auto& y : z) {}", "auto [a, b] = f();"):
            self.assertNotIn("statement deleted", {kind for kind, _, _ in in_function(statement)}, statement)
        self.assertIn(("statement deleted", "if (x) return;", "if (x) ;"), in_function("if (x) return;"))
        self.assertIn(("statement deleted", "case 1: f(); break;", "case 1: ; break;"),
                      in_function("switch (x) {\ncase 1: f(); break;\n}"))

    def test_functions_of_a_class_are_code_whatever_is_constant_in_it(self):
        text = ("class Count {\n public:\n  bool more() const {\n    return left_ < most;\n  }\n\n private:\n"
                "  static constexpr int most = 5;\n  int left_ = 0;\n};\n")
        found = {(kind, after) for kind, _, after in changes(text)}
        self.assertIn(("comparison flipped", "return left_ <= most;"), found)

    def test_only_some_functions(self):
        text = "constexpr int n = 3;\nvoid f() {\n  note(1);\n}\nvoid g() {\n  other(1);\n}\n"
        self.assertEqual({before for _, before, _ in changes(text, functions="note")}, {"note(1);"})

    def test_a_key_stays_when_the_code_around_it_moves(self):
        body = "int f() {\n  return x < 3;\n}\n"
        first, moved = mutations_of(Source("x.cpp", body)), mutations_of(Source("x.cpp", "// More.\n\n" + body))
        self.assertEqual([m.key for m in first], [m.key for m in moved])
        self.assertEqual(len({m.key for m in first}), len(first))
        twice = mutations_of(Source("x.cpp", body + body.replace("f", "g")))
        self.assertEqual(len({m.key for m in twice}), len(twice))

    def test_every_source_of_ours_has_some(self):
        for pattern, _, _ in mutate.TARGETS:
            found = [m for m in mutate.tempfail().mutations() if pathlib.PurePath(m.path).match(pattern)]
            self.assertTrue(found, pattern)
        keys = [(m.path, m.begin, m.end, m.replacement) for m in mutate.tempfail().mutations()]
        self.assertEqual(len(keys), len(set(keys)))


class Runs(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.root = pathlib.Path(self.place.name) / "project"
        for name, text in (("src/limits.cpp", LIMITS), ("check/main.cpp", CHECKS)):
            (self.root / name).parent.mkdir(parents=True)
            (self.root / name).write_text(text)
        self.scratch = pathlib.Path(self.place.name) / "scratch"
        self.scratch.mkdir()
        self.project = mutate.Project(
            self.root, (("src/*.cpp", None, ("checks",)), ("other/*.cpp", None, ("others",))), ("src", "check"), [],
            [COMPILER, "-w", "src/limits.cpp", "check/main.cpp", "-o"], ".")
        self.said = []

    def tried(self, keep_killed=False):
        results = mutate.Results(self.scratch / "results.jsonl", self.root, keep_killed)
        return mutate.try_all(self.project, self.project.mutations(), results, self.scratch, 2, self.said.append)

    def test_known_outcomes(self):
        entries = self.tried()
        outcomes = {(entry["before"], entry["after"]): entry["outcome"] for entry in entries}
        guard = "if (value > most) return most;"
        self.assertEqual(outcomes, {
            ("constexpr int most = 3;", "constexpr int most = 4;"): "killed",
            ("constexpr int most = 3;", "constexpr int most = 2;"): "killed",
            ("constexpr int most = 3;", "constexpr int most = 6;"): "killed",
            ("++calls;", ";"): "survived",
            (guard, "if (value >= most) return most;"): "survived",
            (guard, "if (!(value > most)) return most;"): "killed",
            (guard, "if (true || (value > most)) return most;"): "killed",
            ("note();", ";"): "survived",
        })
        equivalents = self.root / "equivalent.txt"
        equivalents.write_text(f"# A comment.\n\nsrc/limits.cpp\n- {guard}\n+   if (value >= most) return most;\n"
                               "= of two equal numbers either is the answer\n")
        report = mutate.summary(entries, mutate.read_equivalents(equivalents))
        self.assertEqual(report["totals"], {"killed": 5, "survived": 2, "not compiled": 0, "equivalent": 1})
        self.assertEqual([entry["line"] for entry in report["survivors"]], [7, 12])
        self.assertAlmostEqual(report["score"], 5 / 7)
        self.assertEqual((self.root / "src/limits.cpp").read_text(), LIMITS)

        # Started again, everything is known; with other sources, nothing is.
        self.said.clear()
        self.assertEqual(self.tried(), entries)
        self.assertEqual(self.said, [])
        with (self.scratch / "results.jsonl").open("a") as file:
            file.write('{"key": "cut o')
        lines = (self.scratch / "results.jsonl").read_text().splitlines()
        (self.scratch / "results.jsonl").write_text("\n".join(lines[1:]) + "\n")
        self.assertEqual(len(self.tried()), len(entries))
        self.assertIn("7 of 8 are known already", self.said)
        # With more tests, what was killed may be kept: only the survivors are tried again.
        (self.root / "check/main.cpp").write_text(CHECKS.replace("ok ?", "ok && small::noted() == 2 ?"))
        self.said.clear()
        kept = self.tried(keep_killed=True)
        self.assertIn("5 of 8 are known already", self.said)
        self.assertEqual({entry["outcome"] for entry in kept if entry["line"] in (7, 12)}, {"killed"})
        self.assertEqual(mutate.summary(kept, {})["kept"], 5)
        self.said.clear()
        self.assertEqual([entry["outcome"] for entry in self.tried()], [entry["outcome"] for entry in kept])
        self.assertIn("3 of 8 are known already", self.said)
        # Not so where the file that is changed is another.
        (self.root / "src/limits.cpp").write_text("// Another.\n" + LIMITS)
        self.said.clear()
        self.tried(keep_killed=True)
        self.assertIn("8 changes to try", self.said)

    def test_what_does_not_compile_and_what_does_not_end(self):
        (self.root / "src/limits.cpp").write_text(
            "int small_array[1];\nint cut(int value) {\n  switch (value) {\n  case 1: break;\n  case 2: ++value;\n  }\n"
            "  while (value < 9)\n    ++value;\n  return value;\n}\n")
        (self.root / "check/main.cpp").write_text("int cut(int);\nint main() {\n  return cut(1) == 9 ? 0 : 1;\n}\n")
        entries = {(entry["before"], entry["after"]): entry for entry in self.tried()}
        self.assertEqual(entries["case 1: break;", "case 2: break;"]["outcome"], "not compiled")
        endless = entries["++value;", ";"]
        self.assertEqual((endless["outcome"], endless["by"]), ("killed", "checks did not end"))

    def test_sources_that_fail_as_they_are_are_not_judged(self):
        (self.root / "check/main.cpp").write_text("int main() {\n  return 1;\n}\n")
        with self.assertRaisesRegex(SystemExit, "fails with the sources as they are"):
            self.tried()


class Choice(unittest.TestCase):
    def test_a_seed_gives_the_same_sample(self):
        all_of_them = mutations_of(Source("x.cpp", LIMITS))
        self.assertEqual(mutate.chosen(all_of_them, 4, 7), mutate.chosen(all_of_them, 4, 7))
        self.assertEqual(len(mutate.chosen(all_of_them, 4, 7)), 4)
        self.assertEqual(mutate.chosen(all_of_them, 400, 7), all_of_them)
        self.assertNotEqual(mutate.chosen(all_of_them, 4, 7), mutate.chosen(all_of_them, 4, 8))
        # What is taken out of the sources leaves the rest of the sample as it was.
        left = [m for m in all_of_them if m != mutate.chosen(all_of_them, 4, 7)[0]]
        self.assertEqual(mutate.chosen(left, 3, 7), mutate.chosen(all_of_them, 4, 7)[1:])

    def test_equivalents_have_reasons_and_are_of_our_sources(self):
        known = {(m.path, m.before, m.after) for m in mutate.tempfail().mutations()}
        for entry, reason in mutate.read_equivalents(mutate.HERE / "equivalent.txt").items():
            self.assertTrue(reason)
            self.assertIn(entry, known, "it is no change of today's sources: take it out")
        with tempfile.TemporaryDirectory() as place:
            path = pathlib.Path(place) / "equivalent.txt"
            path.write_text("x.cpp\n- a\n+ b\n")
            with self.assertRaises(SystemExit):
                mutate.read_equivalents(path)

    def test_the_command_line(self):
        script = mutate.HERE / "mutate.py"
        command = [sys.executable, script, "--list", "--sample", "5", "--only", "simulator/verdict/rules/*"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        self.assertEqual(listed.count("\n  - "), 5)
        self.assertNotEqual(subprocess.run([sys.executable, script, "--only", "nothing"], capture_output=True,
                                           check=False).returncode, 0)
        self.assertTrue(json.dumps(mutate.summary([], {})))


if __name__ == "__main__":
    unittest.main()
