// A comparison for a terminal, for programs, and for the summary of a CI job.
#include "report/compare.hpp"

#include "report/columns.hpp"
#include "report/parts.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace tempfail::report {
namespace {

using Json = nlohmann::ordered_json;

/// What is told, in this order: what needs somebody first.
constexpr std::array told = {Change::worse, Change::better, Change::other, Change::added,
                             Change::gone};

std::string_view colour_of(Change change) {
  switch (change) {
  case Change::worse: return "1;31";
  case Change::better: return "32";
  case Change::other: return "33";
  case Change::added:
  case Change::gone:
  case Change::none: break;
  }
  return "34";
}

std::string word(const RunReport& report, const CaseResult* result) {
  return result == nullptr ? std::string("-") : std::string(status_word(report.status(*result)));
}

/// "ok → FAIL"; of a case that only one of the reports has, that one's answer.
std::string answers_of(const Comparison& comparison, const CaseChange& change) {
  if (change.new_case == nullptr) return word(*comparison.old_report, change.old_case);
  if (change.old_case == nullptr) return word(*comparison.new_report, change.new_case);
  return word(*comparison.old_report, change.old_case) + " → " +
         word(*comparison.new_report, change.new_case);
}

std::string names_of(const std::vector<ChangedRule>& rules) {
  std::string names;
  for (const ChangedRule& rule : rules)
    names += (names.empty() ? "" : ", ") + rule.rule + (rule.decides ? "" : " (SHOULD)");
  return names;
}

/// "newly broken: retry, pause; mended: back-off"; empty: the rules are as before.
std::string rules_of(const CaseChange& change) {
  std::string text;
  if (!change.broken.empty()) text += "newly broken: " + names_of(change.broken);
  if (!change.mended.empty())
    text += (text.empty() ? "mended: " : "; mended: ") + names_of(change.mended);
  return text;
}

/// "3 worse, 1 better, 257 the same"; only what there is.
std::string summary(const Comparison& comparison) {
  std::string text;
  const auto add = [&text](std::size_t count, std::string_view what) {
    if (count != 0)
      text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(what);
  };
  for (const Change change : told)
    add(comparison.count(change), to_string(change));
  add(comparison.count(Change::none), "the same");
  return text.empty() ? "no case in either report" : text;
}

/// Which rules, and in how many cases: "retry (3), pause (1)"; empty: none.
std::string tally(const Comparison& comparison, std::vector<ChangedRule> CaseChange::*rules) {
  std::map<std::string, std::size_t> counts;
  for (const CaseChange& change : comparison.cases)
    for (const ChangedRule& rule : change.*rules)
      ++counts[rule.rule];
  std::string text;
  for (const auto& [rule, count] : counts)
    text += (text.empty() ? "" : ", ") + rule + " (" + std::to_string(count) + ")";
  return text;
}

std::string heading(const RunReport& report) {
  std::string text = report.date.empty() ? std::string() : report.date + ", ";
  text += "tempfail " + report.version;
  if (const std::string summary = report.sender_summary(); !summary.empty()) text += ", " + summary;
  text += ", " + summary(totals_of(report));
  if (const std::string said = remark(report); !said.empty()) text += " (" + said + ")";
  return printable(text);
}

class ComparisonText {
 public:
  ComparisonText(const Comparison& comparison, const TextStyle& style, std::ostream& out)
      : comparison_(comparison), style_(style), out_(out) {}

  void write() {
    line("old  ", heading(*comparison_.old_report));
    line("new  ", heading(*comparison_.new_report));
    for (const std::string& note : comparison_.setting_differences)
      line("     ", note);
    for (const CaseChange& change : comparison_.cases) {
      name_width_ = std::max(name_width_, columns(id(change)));
      if (change.change != Change::none)
        answer_width_ = std::max(answer_width_, columns(answers_of(comparison_, change)));
    }
    for (const Change kind : told)
      part(kind);
    end();
  }

 private:
  static std::string id(const CaseChange& change) {
    return printable(id_of(change.either().verdict));
  }

  void line(const std::string& head, const std::string& text) {
    std::string before = head;
    for (const std::string& piece : wrapped(text, room_beside(columns(head)))) {
      out_ << before << piece << '\n';
      before.assign(columns(head), ' ');
    }
  }
  std::size_t room_beside(std::size_t taken) const {
    return style_.width > taken + 20 ? style_.width - taken : 20;
  }

  void part(Change kind) {
    if (comparison_.count(kind) == 0) return;
    out_ << '\n' << painted(style_, colour_of(kind), to_string(kind)) << '\n';
    for (const CaseChange& change : comparison_.cases) {
      if (change.change != kind) continue;
      const std::string answers = answers_of(comparison_, change);
      const std::string rules = printable(rules_of(change));
      out_ << "  " << padded(id(change), name_width_) << "  "
           << (rules.empty() ? answers : padded(answers, answer_width_) + "  " + rules) << '\n';
      if (kind == Change::worse || kind == Change::added)
        line("      ", printable(headline(*comparison_.new_report, *change.new_case)));
    }
  }

  void end() {
    out_ << '\n';
    const std::string broken = tally(comparison_, &CaseChange::broken);
    const std::string mended = tally(comparison_, &CaseChange::mended);
    if (!broken.empty()) line("newly broken: ", printable(broken));
    if (!mended.empty()) line("mended: ", printable(mended));
    out_ << painted(style_, comparison_.got_worse() ? "1;31" : "1;32", summary(comparison_))
         << '\n';
  }

  const Comparison& comparison_;
  const TextStyle& style_;
  std::ostream& out_;
  std::size_t name_width_ = 0;
  std::size_t answer_width_ = 0;
};

Json json_of(const RunReport& report) {
  return {
      {"version", printable(report.version)}, {"date", printable(report.date)},
      {"sender", printable(report.sender)},   {"sender_version", printable(report.sender_version)},
      {"result", to_string(report.result())}, {"remark", remark(report)},
      {"cases", report.cases.size()}};
}

Json json_of(const RunReport& report, const CaseResult* result) {
  if (result == nullptr) return nullptr;
  return {{"result", to_string(report.status(*result))},
          {"why", printable(headline(report, *result))}};
}

Json json_of(const std::vector<ChangedRule>& rules) {
  Json list = Json::array();
  for (const ChangedRule& rule : rules)
    list.push_back({{"rule", printable(rule.rule)}, {"decides", rule.decides}});
  return list;
}

} // namespace

void write_text(const Comparison& comparison, const TextStyle& style, std::ostream& out) {
  ComparisonText(comparison, style, out).write();
}

void write_json(const Comparison& comparison, std::ostream& out) {
  Json totals;
  for (const Change change : told)
    totals[std::string(to_string(change))] = comparison.count(change);
  totals[std::string(to_string(Change::none))] = comparison.count(Change::none);
  Json cases = Json::array();
  for (const CaseChange& change : comparison.cases) {
    if (change.change == Change::none) continue;
    cases.push_back({{"scenario", printable(change.either().verdict.scenario)},
                     {"family", printable(change.either().verdict.family)},
                     {"change", to_string(change.change)},
                     {"old", json_of(*comparison.old_report, change.old_case)},
                     {"new", json_of(*comparison.new_report, change.new_case)},
                     {"newly_broken", json_of(change.broken)},
                     {"mended", json_of(change.mended)}});
  }
  const Json whole = {
      {"format", "tempfail-comparison"},          {"format_version", 1},
      {"worse", comparison.got_worse()},          {"totals", std::move(totals)},
      {"old", json_of(*comparison.old_report)},   {"new", json_of(*comparison.new_report)},
      {"unlike", comparison.setting_differences}, {"cases", std::move(cases)}};
  out << whole.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void write_markdown(const Comparison& comparison, std::ostream& out) {
  out << "### tempfail: " << markdown_cell(summary(comparison)) << "\n\n";
  bool any = false;
  for (const Change kind : told)
    for (const CaseChange& change : comparison.cases) {
      if (change.change != kind) continue;
      if (!any) out << "| change | scenario | answer | rules |\n| --- | --- | --- | --- |\n";
      any = true;
      out << "| " << (kind == Change::worse ? "**worse**" : to_string(kind)) << " | "
          << markdown_cell(id_of(change.either().verdict)) << " | "
          << markdown_cell(answers_of(comparison, change)) << " | "
          << markdown_cell(rules_of(change)) << " |\n";
    }
  if (any) out << '\n';
  out << "old: " << markdown_cell(heading(*comparison.old_report))
      << "<br>new: " << markdown_cell(heading(*comparison.new_report)) << "\n";
  for (const std::string& note : comparison.setting_differences)
    out << "<br>" << markdown_cell(note) << "\n";
}

} // namespace tempfail::report
