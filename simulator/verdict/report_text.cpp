// The report for a terminal: a line for each case, then what went wrong in detail.
#include "verdict/report_parts.hpp"

#include <algorithm>
#include <sstream>

namespace tempfail::verdict {
namespace {

/// Columns that a text takes, counting code points.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t taken = columns(text);
  if (taken < width) text.append(width - taken, ' ');
  return text;
}

/// The first `width` columns, with an ellipsis when something is left out.
std::string cut(const std::string& text, std::size_t width) {
  if (columns(text) <= width) return text;
  std::string out;
  std::size_t taken = 0;
  for (const char c : text) {
    const bool starts = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    if (starts && ++taken >= width) break;
    out += c;
  }
  return out + "…";
}

class TextReport {
 public:
  TextReport(const RunReport& report, const TextStyle& style, std::ostream& out)
      : report_(report), style_(style), out_(out) {}

  void write() {
    for (const CaseResult& result : report_.cases) {
      name_width_ = std::max(name_width_, columns(id_of(result)));
      time_width_ = std::max(time_width_, columns(seconds_text(result.seconds)));
    }
    for (const CaseResult& result : report_.cases)
      line(result);
    for (const CaseResult& result : report_.cases)
      details(result);
    end();
  }

 private:
  static std::string id_of(const CaseResult& result) {
    const CaseVerdict& verdict = result.verdict;
    return printable(verdict.family.empty() ? verdict.scenario
                                            : verdict.family + "/" + verdict.scenario);
  }

  std::string paint(std::string_view colour, std::string_view text) const {
    if (!style_.colour) return std::string(text);
    return "\x1b[" + std::string(colour) + "m" + std::string(text) + "\x1b[0m";
  }
  std::string mark(const CaseResult& result) const {
    switch (report_.count(result)) {
    case Count::passed: return paint("32", "ok   ");
    case Count::failed: return paint("1;31", "FAIL ");
    case Count::expected_failure: return paint("33", "xfail");
    case Count::unexpected_pass: return paint("1;31", "XPASS");
    }
    return {};
  }

  void line(const CaseResult& result) {
    const std::size_t taken = 2 + 5 + 2 + name_width_ + 2 + time_width_ + 2;
    const std::size_t room = style_.width > taken + 20 ? style_.width - taken : 20;
    std::string text = printable(headline(report_, result));
    if (report_.count(result) == Count::unexpected_pass) text = "was expected to fail, and passed";
    const std::string time = seconds_text(result.seconds);
    out_ << "  " << mark(result) << "  " << padded(id_of(result), name_width_) << "  "
         << std::string(time_width_ - columns(time), ' ') << paint("2", time) << "  "
         << cut(text, room) << '\n';
  }

  void details(const CaseResult& result) {
    const CaseVerdict& verdict = result.verdict;
    const auto failed = failures_of(verdict);
    if (verdict.trouble.empty() && failed.empty() && !style_.verbose) return;
    out_ << '\n' << mark(result) << "  " << paint("1", id_of(result)) << '\n';
    if (!verdict.trouble.empty()) field("trouble", verdict.trouble, "31");
    for (const Finding* finding : failed)
      details(*finding);
    if (style_.verbose)
      for (const Finding& finding : verdict.findings)
        if (finding.outcome == Outcome::pass) details(finding);
    if (!result.journal_file.empty()) field("journal", result.journal_file);
    if (!result.output_file.empty()) field("output", result.output_file);
  }

  void details(const Finding& finding) {
    const bool failed = finding.outcome == Outcome::fail;
    const std::string_view colour = !failed ? "32" : decides(finding, report_.strict) ? "31" : "33";
    out_ << "  " << paint(colour, finding.rule) << " (" << level_word(finding.level) << ")"
         << (failed && !decides(finding, report_.strict) ? " not kept; decides only with --strict"
                                                         : "")
         << '\n';
    if (failed || style_.verbose) {
      field("rule", finding.requirement);
      field("source", cited(finding.source, finding.keyword));
      if (!finding.reason.empty()) field("reason", finding.reason);
    }
    if (!finding.expected.empty()) field("expected", finding.expected);
    field(failed ? "actual" : "seen", finding.actual);
    if (!finding.near_miss.empty()) field("near miss", finding.near_miss, "1");
    if (failed || style_.verbose) evidence(finding);
  }

  void evidence(const Finding& finding) {
    constexpr std::size_t limit = 12; // of a long series both ends tell enough
    const std::size_t count = finding.evidence.size();
    std::size_t width = 0;
    for (const Evidence& item : finding.evidence)
      width = std::max(width, columns(clock_time(item.time)));
    for (std::size_t i = 0; i < count; ++i) {
      if (count > limit && i == limit / 2) {
        out_ << std::string(indent, ' ') << "… " << count - limit << " more …\n";
        i = count - limit / 2;
      }
      const Evidence& item = finding.evidence[i];
      const std::string time = clock_time(item.time);
      out_ << (i == 0 ? "    evidence   " : std::string(indent, ' '))
           << std::string(width - columns(time), ' ') << paint("2", time);
      if (item.session != 0) out_ << "  session " << item.session;
      out_ << "  " << printable(item.text) << '\n';
    }
  }

  /// "    name       text", wrapped at the width.
  void field(std::string_view name, std::string_view value, std::string_view colour = {}) {
    const std::size_t room = style_.width > indent + 20 ? style_.width - indent : 20;
    std::string rest = printable(value);
    std::string head = "    " + std::string(name);
    head.resize(indent, ' ');
    do {
      std::string piece = rest;
      if (columns(rest) > room) {
        std::size_t end = rest.rfind(' ', std::min(room, rest.size() - 1));
        if (end == std::string::npos || end == 0) end = std::min(rest.find(' '), rest.size());
        piece = rest.substr(0, end);
      }
      rest.erase(0, std::min(piece.size() + 1, rest.size()));
      out_ << head << (colour.empty() ? piece : paint(colour, piece)) << '\n';
      head.assign(indent, ' ');
    } while (!rest.empty());
  }

  void end() {
    const Totals totals = totals_of(report_);
    out_ << '\n' << paint(report_.passed() ? "1;32" : "1;31", summary(totals)) << '\n';
    std::ostringstream run;
    run << "seed " << report_.seed << ", time scale " << report_.time_scale
        << (report_.strict ? ", strict" : "");
    if (const std::string told = report_.told(); !told.empty()) run << ", " << told;
    out_ << paint("2", run.str()) << '\n';
  }

  static constexpr std::size_t indent = 15;
  const RunReport& report_;
  const TextStyle& style_;
  std::ostream& out_;
  std::size_t name_width_ = 0;
  std::size_t time_width_ = 0;
};

} // namespace

void write_text(const RunReport& report, const TextStyle& style, std::ostream& out) {
  TextReport(report, style, out).write();
}

} // namespace tempfail::verdict
