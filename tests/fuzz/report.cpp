// Fuzzes the reader of JSON reports, and whatever is made of a report that was read.
// Invariants:
// - Whatever the bytes are, they are a report, or refused with a reason that begins as the reader says.
// - A report that is written again and read again is the same: nothing is lost in the first reading.
// - Every form of a report can be written; no form has a control character, but for line ends and tabs.
// - Compared with itself, a report has no case that changed.
#include "fuzz/targets.hpp"
#include "report/compare.hpp"
#include "report/merge.hpp"
#include "report/read.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>

namespace tempfail::fuzz {
namespace {

std::optional<report::RunReport> read(std::string_view text) {
  try {
    return report::read_json(text);
  } catch (const report::BadReport& bad) {
    require(std::string_view(bad.what()).starts_with("is "), "report: it is refused with a reason");
    return std::nullopt;
  }
}

template <typename Write>
std::string written(Write&& write) {
  std::ostringstream out;
  write(out);
  return out.str();
}

bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char byte) {
    return (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
  });
}

void check_forms(const report::RunReport& report) {
  using Write = void (*)(const report::RunReport&, std::ostream&);
  for (const Write write :
       {Write(report::write_json), Write(report::write_junit), Write(report::write_html),
        Write(report::write_markdown), Write(report::write_annotations),
        Write(report::write_expected_failures)})
    require(!has_controls(written([&](std::ostream& out) { write(report, out); })),
            "report: no form has control characters");
  const auto text = [&report](std::ostream& out) {
    report::write_text(report, {.verbose = true}, out);
  };
  require(!has_controls(written(text)), "report: text has no control characters");
}

void check_comparison(const report::RunReport& report) {
  const report::Comparison comparison = report::compare(report, report, true);
  for (const report::CaseChange& change : comparison.cases)
    require(change.change == report::Change::none, "report: it is like itself");
  written([&](std::ostream& out) { report::write_text(comparison, {}, out); });
  written([&](std::ostream& out) { report::write_json(comparison, out); });
  written([&](std::ostream& out) { report::write_markdown(comparison, out); });
}

void check_merge(const report::RunReport& report) {
  try {
    report::merge({{"a", report}, {"b", report}}, true);
  } catch (const report::CanNotMerge& why) {
    require(*why.what() != '\0', "report: what can't be merged is told");
  }
}

} // namespace

void fuzz_report(std::string_view input) {
  const std::optional<report::RunReport> report = read(input);
  if (!report) return;
  const auto json = [](const report::RunReport& of) {
    return written([&of](std::ostream& out) { report::write_json(of, out); });
  };
  const std::string once = json(*report);
  const std::optional<report::RunReport> again = read(once);
  require(again.has_value(), "report: what was written is read");
  require(json(*again) == once, "report: reading loses nothing");
  check_forms(*report);
  check_comparison(*report);
  check_merge(*report);
}

} // namespace tempfail::fuzz
