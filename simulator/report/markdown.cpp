// The report for the summary of a CI job, in GitHub's and GitLab's Markdown; and what CI shows beside a commit.
#include "report/parts.hpp"

#include <utility>

namespace tempfail::report {
namespace {

/// Whether people want to be told of the case one by one.
bool wants_attention(CaseStatus status) {
  return status == CaseStatus::error || status == CaseStatus::fail ||
         status == CaseStatus::undecided || status == CaseStatus::unexpected_pass;
}

/// A value of one of GitHub's workflow commands.
std::string command_value(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
    case '%': out += "%25"; break;
    case ':': out += "%3A"; break;
    case ',': out += "%2C"; break;
    default: out += c;
    }
  }
  return out;
}

} // namespace

std::string markdown_cell(std::string_view text) {
  std::string out;
  for (const char c : escape_markup(text)) {
    if (std::string_view("|`*_[]\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

void write_markdown(const RunReport& report, std::ostream& out) {
  const Totals totals = totals_of(report);
  out << "### tempfail: " << markdown_cell(summary(totals)) << "\n\n";
  if (const std::string text = remark(report); !text.empty()) out << markdown_cell(text) << "\n\n";
  bool any = false;
  for (const CaseResult& result : report.cases) {
    const CaseStatus status = report.status(result);
    if (!wants_attention(status)) continue;
    if (!std::exchange(any, true))
      out << "| result | scenario | what happened | tries | delivered |\n| --- | --- | --- | --- | "
             "--- |\n";
    out << "| **" << markdown_cell(status_word(status)) << "** | "
        << markdown_cell(id_of(result.verdict)) << " | "
        << markdown_cell(plain_cause(report, result)) << "<br>"
        << markdown_cell(headline(report, result)) << " | " << result.verdict.summary.tries << " | "
        << result.verdict.summary.delivered << " of " << result.verdict.summary.deliveries
        << " |\n";
  }
  if (any) out << '\n';
  out << "tempfail " << markdown_cell(report.version) << ", seed " << report.seed << ", time scale "
      << report.time_scale << (report.strict ? ", strict" : "");
  if (const std::string summary = report.sender_summary(); !summary.empty())
    out << ", " << markdown_cell(summary);
  out << "\n";
}

void write_annotations(const RunReport& report, std::ostream& out) {
  for (const CaseResult& result : report.cases) {
    const CaseStatus status = report.status(result);
    if (!wants_attention(status)) continue;
    out << (status == CaseStatus::undecided ? "::warning" : "::error") << " title="
        << command_value("tempfail: " + id_of(result.verdict) + " " +
                         std::string(status_word(status)))
        << "::" << command_value(plain_cause(report, result)) << "%0A"
        << command_value(headline(report, result)) << "\n";
  }
}

} // namespace tempfail::report
