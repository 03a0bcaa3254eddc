// The report for a terminal: a line for each case, then what went wrong in detail.
#include "report/columns.hpp"
#include "report/parts.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace tempfail::report {
namespace {

class TextReport {
 public:
  TextReport(const RunReport& report, const TextStyle& style, std::ostream& out)
      : report_(report), style_(style), out_(out) {}

  void write() {
    for (const CaseResult& result : report_.cases) {
      name_width_ = std::max(name_width_, columns(id_of(result)));
      time_width_ = std::max(time_width_, columns(seconds_text(result.seconds)));
      mark_width_ = std::max(mark_width_, columns(status_word(report_.status(result))));
    }
    for (const CaseResult& result : report_.cases)
      line(result);
    for (const CaseResult& result : report_.cases)
      details(result);
    end();
  }

 private:
  static std::string id_of(const CaseResult& result) {
    return printable(report::id_of(result.verdict));
  }

  std::string paint(std::string_view colour, std::string_view text) const {
    return painted(style_, colour, text);
  }
  std::string mark(const CaseResult& result) const {
    const CaseStatus status = report_.status(result);
    return paint(report::status_colour(status),
                 padded(std::string(status_word(status)), mark_width_));
  }

  void line(const CaseResult& result) {
    const std::size_t taken = 2 + mark_width_ + 2 + name_width_ + 2 + time_width_ + 2;
    const std::size_t room = room_beside(taken);
    const std::string time = seconds_text(result.seconds);
    const std::string said = printable(headline(report_, result));
    out_ << "  " << mark(result) << "  " << padded(id_of(result), name_width_) << "  "
         << std::string(time_width_ - columns(time), ' ') << paint("2", time) << "  "
         << (style_.cuts ? cut(said, room) : said) << '\n';
  }

  /// Whether the line of a case does not say all that people want to know of it.
  bool has_details(const CaseResult& result) const {
    switch (result.verdict.answer(report_.strict)) {
    case Answer::error:
    case Answer::fail:
    case Answer::undecided:
    case Answer::ok_but: return true;
    case Answer::not_applicable:
    case Answer::not_met:
    case Answer::ok: break;
    }
    return style_.verbose;
  }

  void details(const CaseResult& result) {
    if (!has_details(result)) return;
    const CaseVerdict& verdict = result.verdict;
    out_ << '\n' << mark(result) << "  " << paint("1", id_of(result)) << '\n';
    field("error", shown_text(verdict.run_error), report::status_colour(CaseStatus::error));
    field("declared", shown_text(verdict.not_applicable));
    if (!verdict.met)
      field("not met", shown_text(verdict.not_met), report::status_colour(CaseStatus::not_met));
    findings(verdict);
    route(verdict.summary);
    field("journal", result.journal_file);
    field("output", result.output_file);
  }

  /// What is not kept or open, as much of it as fits; with -v all of it, and what was kept.
  void findings(const CaseVerdict& verdict) {
    std::size_t lines = 0;
    std::string others;
    std::size_t count = 0;
    for (const Finding* finding : failures_of(verdict)) {
      const std::string text = text_of(*finding);
      const bool first = lines == 0;
      lines += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
      if (first || style_.verbose || lines <= max_case_lines)
        out_ << text;
      else
        others += (count++ == 0 ? "" : ", ") + finding->rule;
    }
    if (count != 0) out_ << "  " << left_out(count) << " (shown with -v): " << others << '\n';
    if (!style_.verbose) return;
    for (const Finding& finding : verdict.findings)
      if (finding.outcome == Outcome::pass) out_ << text_of(finding);
  }

  /// The names that were asked for and the hosts that were tried; with -v all that the report has of them.
  void route(const verdict::CaseSummary& summary) {
    if (summary.route.empty()) return;
    std::span<const verdict::RouteStep> steps = summary.route;
    const std::size_t whole = // before anything is missing
        summary.route_left_out == 0 ? steps.size() : middle_of(steps.size());
    if (!style_.verbose) steps = steps.first(std::min(whole, max_route_steps));
    out_ << "  names looked up and hosts tried: " << route_counts(summary.route) << '\n';
    std::size_t time_columns = 0;
    std::size_t place_columns = 0;
    for (const verdict::RouteStep& step : steps) {
      time_columns = std::max(time_columns, columns(clock_time(step.time)));
      place_columns = std::max(place_columns, columns(printable(route_step_target(step))));
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (summary.route_left_out != 0 && i == middle_of(summary.route.size()))
        out_ << "    " << left_out(summary.route_left_out) << '\n';
      const std::string time = clock_time(steps[i].time);
      out_ << "    " << std::string(time_columns - columns(time), ' ') << paint("2", time) << "  "
           << padded(printable(route_step_target(steps[i])), place_columns) << "  "
           << printable(shown_line(steps[i].text)) << '\n';
    }
    if (steps.size() < summary.route.size())
      out_ << "    " << left_out(summary.route.size() - steps.size() + summary.route_left_out)
           << " (shown with -v)\n";
  }

  /// How a finding is marked, and what is said beside its level.
  struct Look {
    std::string_view colour;
    std::string_view remark;
  };
  Look look_of(const Finding& finding) const {
    const bool decisive = decides(finding, report_.strict);
    switch (finding.outcome) {
    case Outcome::fail:
      if (decisive) return {"31", ""};
      return {"1", " not kept; decides only with --strict"};
    case Outcome::undecided: return {report::status_colour(CaseStatus::undecided), " undecided"};
    case Outcome::pass:
    case Outcome::not_applicable: break;
    }
    return {"32", ""};
  }

  std::string text_of(const Finding& finding) const {
    std::ostringstream out;
    TextReport(report_, style_, out).write(finding);
    return out.str();
  }

  void write(const Finding& finding) {
    const bool failed = finding.outcome == Outcome::fail;
    const Look look = look_of(finding);
    const ShownFinding shown(finding);
    out_ << "  " << paint(look.colour, finding.rule) << " (" << level_word(finding.level) << ")"
         << look.remark << '\n';
    if (failed || style_.verbose) {
      field("rule", finding.requirement);
      field("source", cited(finding.source, finding.keyword));
      field("reason", finding.reason);
    }
    field("expected", shown.expected);
    field(failed ? "actual" : "seen", shown.actual);
    field("difference", shown.near_miss, "1");
    if (finding.outcome != Outcome::pass || style_.verbose) evidence(shown);
  }

  void evidence(const ShownFinding& shown) {
    std::size_t width = 0;
    for (const Evidence& item : shown.evidence)
      width = std::max(width, columns(clock_time(item.time)));
    std::string_view head = "    evidence   ";
    for (const Evidence& item : shown.evidence) {
      const std::string time = clock_time(item.time);
      out_ << head << std::string(width - columns(time), ' ') << paint("2", time);
      if (item.session != 0) out_ << "  session " << item.session;
      out_ << "  " << printable(shown_line(item.text)) << '\n';
      head = "               ";
    }
    if (shown.evidence_left_out != 0) out_ << head << left_out(shown.evidence_left_out) << '\n';
  }

  /// "    name       text", wrapped at the width; nothing where there is no text.
  void field(std::string_view name, std::string_view value, std::string_view colour = {}) {
    if (value.empty()) return;
    std::string head = "    " + std::string(name);
    head.resize(indent, ' ');
    for (const std::string& piece : wrapped(printable(value), room_beside(indent))) {
      out_ << head << (colour.empty() ? piece : paint(colour, piece)) << '\n';
      head.assign(indent, ' ');
    }
  }

  static std::string_view colour_of(RunResult result) {
    switch (result) {
    case RunResult::error: return "1;35";
    case RunResult::failed: return "1;31";
    case RunResult::undecided: return "1;33";
    case RunResult::ok: break;
    }
    return "1;32";
  }

  /// Whoever sees the end only knows which to look for, and can run them again.
  void bad_names() {
    constexpr std::size_t most = 60;
    constexpr std::array bad = {CaseStatus::error, CaseStatus::fail, CaseStatus::unexpected_pass,
                                CaseStatus::undecided};
    for (const CaseStatus status : bad) {
      std::string names;
      std::size_t found = 0;
      for (const CaseResult& result : report_.cases) {
        if (report_.status(result) != status || found++ >= most) continue;
        names += " " + printable(result.verdict.scenario);
      }
      if (found == 0) continue;
      if (found > most) names += ", " + left_out(found - most);
      const std::string head = std::string(status_word(status)) + ":";
      std::string before = paint(report::status_colour(status), head);
      for (const std::string& piece : wrapped(names.substr(1), room_beside(columns(head) + 1))) {
        out_ << before << ' ' << piece << '\n';
        before.assign(columns(head), ' ');
      }
    }
  }
  std::size_t room_beside(std::size_t taken) const {
    return style_.width > taken + 20 ? style_.width - taken : 20;
  }

  void end() {
    out_ << '\n';
    if (report_.cases.size() > 1) bad_names();
    for (const std::string& piece : wrapped(summary(totals_of(report_)), style_.width))
      out_ << paint(colour_of(report_.result()), piece) << '\n';
    if (const std::string text = remark(report_); !text.empty()) out_ << text << '\n';
    std::ostringstream run;
    run << "seed " << report_.seed << ", time scale " << report_.time_scale
        << (report_.strict ? ", strict" : "");
    if (const std::string summary = report_.sender_summary(); !summary.empty())
      run << ", " << summary;
    out_ << paint("2", run.str()) << '\n';
  }

  static constexpr std::size_t indent = 15;
  const RunReport& report_;
  const TextStyle& style_;
  std::ostream& out_;
  std::size_t name_width_ = 0;
  std::size_t time_width_ = 0;
  std::size_t mark_width_ = 0;
};

} // namespace

void write_text(const RunReport& report, const TextStyle& style, std::ostream& out) {
  TextReport(report, style, out).write();
}

} // namespace tempfail::report
