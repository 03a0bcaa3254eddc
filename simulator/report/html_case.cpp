// A case on the page: what the server did, what the sender did, what is wrong with that, and what was kept.
#include "report/html.hpp"

#include "base/ascii.hpp"
#include "report/advice.hpp"

#include <algorithm>

namespace tempfail::report {
namespace {

using verdict::ConnectionDialogue;
using verdict::DeliveryTimeline;

class CasePart {
 public:
  CasePart(const RunReport& report, const CaseResult& result, std::ostream& out)
      : report_(report), result_(result), verdict_(result.verdict), out_(out) {}

  void write(CaseView view) {
    begin(report_.status(result_), view.open);
    what_the_server_did();
    what_the_sender_did(view.dialogue);
    what_is_wrong();
    kept();
    files();
    out_ << "</div></details>\n";
  }

 private:
  void begin(CaseStatus status, bool open) {
    const Finding* reason = first_reason(report_, verdict_);
    const std::string rule = reason == nullptr ? std::string() : reason->rule;
    std::string search =
        id_of(verdict_) + " " + std::string(status_word(status)) + " " + verdict_.summary.server;
    for (const Finding* failure : failures_of(verdict_))
      search += " " + failure->rule;
    out_ << (open ? "<details open class=\"case " : "<details class=\"case ") << to_string(status)
         << "\" id=\"" << escape_markup(id_of(verdict_)) << "\" data-answer=\"" << to_string(status)
         << "\" data-family=\"" << escape_markup(verdict_.family) << "\" data-rule=\""
         << escape_markup(rule) << "\" data-search=\"" << escape_markup(base::lower(search))
         << "\"><summary><span class=\"mark " << to_string(status) << "\">" << status_word(status)
         << "</span><span class=\"what\"><span class=\"id\">" << escape_markup(id_of(verdict_))
         << "</span> <span class=\"why\">" << escape_markup(plain_cause(report_, result_));
    for (const std::string& name : broken_rules(status))
      out_ << " <span class=\"tag\">" << escape_markup(name) << "</span>";
    out_ << "</span></span><span class=\"number tries\">" << verdict_.summary.tries
         << "</span><span class=\"number delivered\">" << verdict_.summary.delivered << " of "
         << verdict_.summary.deliveries << "</span><span class=\"number\">"
         << seconds_text(result_.seconds) << "</span></summary>\n<div class=\"body\">\n";
  }

  /// What a line names besides its sentence: the rules that decide, or are broken where none decides.
  std::vector<std::string> broken_rules(CaseStatus status) const {
    std::vector<std::string> names;
    if (status != CaseStatus::fail && status != CaseStatus::ok_but) return names;
    for (const Finding* failure : failures_of(verdict_))
      if (failure->outcome == Outcome::fail &&
          decides(*failure, report_.strict) == (status == CaseStatus::fail))
        names.push_back(failure->rule);
    return names;
  }

  void paragraph(std::string_view text, std::string_view css_class = {}) {
    if (text.empty()) return;
    out_ << "<p";
    if (!css_class.empty()) out_ << " class=\"" << css_class << "\"";
    out_ << ">" << escape_markup(shown_text(text)) << "</p>\n";
  }

  void what_the_server_did() {
    if (verdict_.summary.server.empty()) return;
    out_ << "<h3>What the server did, and what is expected</h3>\n";
    paragraph(verdict_.summary.server);
    paragraph(verdict_.summary.description, "soft");
  }

  void what_the_sender_did(bool with_dialogue) {
    const verdict::CaseSummary& summary = verdict_.summary;
    if (summary.timelines.empty() && summary.dialogues.empty()) return;
    out_ << "<h3>What your sender did</h3>\n";
    for (const DeliveryTimeline& timeline : summary.timelines)
      tries(timeline);
    if (summary.timelines_left_out != 0) paragraph(left_out(summary.timelines_left_out), "soft");
    if (!summary.timelines.empty()) key();
    route();
    if (!with_dialogue)
      return paragraph("The dialogues of all connections are in the journal.", "soft");
    for (const ConnectionDialogue& connection : summary.dialogues)
      dialogue(connection);
    if (summary.dialogues_left_out != 0)
      paragraph(left_out(summary.dialogues_left_out) + " connections between them", "soft");
  }

  void tries(const DeliveryTimeline& timeline) {
    const std::size_t count = timeline.tries.size() + timeline.left_out;
    out_ << "<div class=\"track\">";
    if (timeline.message != 0) out_ << "Message " << timeline.message << " for ";
    out_ << "<b>" << escape_markup(timeline.recipient.empty() ? "the message" : timeline.recipient)
         << "</b>: " << count << (count == 1 ? " try" : " tries") << ", "
         << (timeline.delivered ? "delivered" : "not delivered");
    if (timeline.left_out != 0) out_ << " (the first and the last are shown)";
    write_timeline_svg(timeline, out_);
    out_ << "</div>\n";
  }

  /// What the colours of the tries mean; only those that there are.
  void key() {
    constexpr std::array<std::array<std::string_view, 2>, 6> meanings = {{
        {"accepted", "accepted"},
        {"transient", "deferred: to be tried again (4xx)"},
        {"permanent", "rejected: final (5xx)"},
        {"trouble", "connection lost, or reply not understood"},
        {"abandoned", "abandoned by the sender"},
        {"cut off", "interrupted by the end of the run"},
    }};
    out_ << "<ul class=\"key\">";
    for (const auto& [result, meaning] : meanings) {
      bool any = false;
      for (const DeliveryTimeline& timeline : verdict_.summary.timelines)
        any =
            any || std::any_of(timeline.tries.begin(), timeline.tries.end(),
                               [result = result](const auto& one) { return one.result == result; });
      if (!any) continue;
      out_ << "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><circle class=\""
           << dot_class(result) << "\" cx=\"5\" cy=\"5\" r=\"5\"/></svg>" << escape_markup(meaning)
           << "</li>";
    }
    const bool shaded =
        std::any_of(verdict_.summary.timelines.begin(), verdict_.summary.timelines.end(),
                    [](const DeliveryTimeline& timeline) { return timeline.next.has_value(); });
    if (shaded) out_ << "<li>shaded: expected time of the first retry</li>";
    out_ << "</ul>\n";
  }

  /// The names that were asked for and the hosts that were tried, in the order of time.
  void route() {
    const verdict::CaseSummary& summary = verdict_.summary;
    if (summary.route.empty()) return;
    out_ << "<details class=\"fold\"" << (summary.route.size() <= max_route_steps ? " open" : "")
         << "><summary>Names asked for and hosts tried: " << route_counts(summary.route)
         << "</summary><table class=\"route\">";
    for (std::size_t i = 0; i < summary.route.size(); ++i) {
      if (summary.route_left_out != 0 && i == middle_of(summary.route.size()))
        out_ << "<tr><td></td><td colspan=\"2\">" << left_out(summary.route_left_out)
             << "</td></tr>";
      const verdict::RouteStep& step = summary.route[i];
      out_ << "<tr class=\"" << step_names[static_cast<std::size_t>(step.kind)] << "\"><td>"
           << clock_time(step.time) << "</td><td>" << escape_markup(route_step_target(step))
           << "</td><td>" << escape_markup(step.text) << "</td></tr>";
    }
    out_ << "</table></details>\n";
  }

  void dialogue(const ConnectionDialogue& connection) {
    out_ << "<details class=\"fold\"><summary>Connection " << connection.session;
    if (!connection.host.empty()) out_ << " to " << escape_markup(connection.host);
    if (!connection.lines.empty()) out_ << ", " << clock_time(connection.lines.front().time);
    out_ << "</summary><ul class=\"talk\">";
    for (std::size_t i = 0; i < connection.lines.size(); ++i) {
      if (connection.left_out != 0 && i == middle_of(connection.lines.size()))
        out_ << "<li class=\"note\">" << left_out(connection.left_out) << "</li>";
      const journal::DialogueLine& line = connection.lines[i];
      constexpr std::array<std::string_view, 3> classes = {"client", "server", "note"};
      constexpr std::array<std::string_view, 3> signs = {"→ ", "← ", ""};
      const auto by = static_cast<std::size_t>(line.by);
      out_ << "<li class=\"" << classes[by] << "\"><b>" << clock_time(line.time) << "</b> "
           << signs[by] << escape_markup(line.text) << "</li>";
    }
    out_ << "</ul></details>\n";
  }

  void what_is_wrong() {
    const std::vector<const Finding*> failures = failures_of(verdict_);
    const bool more =
        !verdict_.run_error.empty() || !verdict_.not_applicable.empty() || !verdict_.met;
    if (failures.empty() && !more) return;
    out_ << (failures.empty() ? "<h3>Why there is no verdict</h3>\n"
                              : "<h3>What is wrong, and what to do</h3>\n");
    paragraph(verdict_.run_error, to_string(CaseStatus::error));
    paragraph(verdict_.not_applicable, to_string(CaseStatus::not_applicable));
    if (!verdict_.met) paragraph(verdict_.not_met, to_string(CaseStatus::not_met));
    for (const Finding* failure : failures)
      finding(*failure);
  }

  /// A finding is coloured as the answer that it leads to.
  CaseStatus status_of(const Finding& finding) const {
    if (finding.outcome == Outcome::undecided) return CaseStatus::undecided;
    return decides(finding, report_.strict) ? CaseStatus::fail : CaseStatus::ok_but;
  }

  void finding(const Finding& finding) {
    const ShownFinding shown(finding);
    const Advice* advice = advice_for(finding.rule);
    out_ << "<section class=\"finding " << to_string(status_of(finding)) << "\">";
    if (finding.outcome == Outcome::undecided) {
      paragraph("It is unknown whether this rule is kept.", "plain");
    } else if (advice != nullptr) {
      paragraph(plain_words(finding), "plain");
      paragraph(advice->to_do);
    }
    out_ << "<dl>";
    row("rule",
        finding.rule + " (" + std::string(level_word(finding.level)) +
            (finding.level == scenario::Level::must ? ", required): " : ", recommended): ") +
            finding.requirement);
    row("source", cited(finding.source, finding.keyword));
    row("why " + std::string(level_word(finding.level)), finding.reason);
    row("expected", shown.expected);
    row(finding.outcome == Outcome::fail ? "actual" : "seen", shown.actual);
    row("difference", shown.near_miss, "near");
    out_ << "</dl>\n";
    evidence(shown);
    out_ << "</section>\n";
  }
  void evidence(const ShownFinding& shown) {
    if (shown.evidence.empty()) return;
    out_ << "<ul class=\"evidence\">";
    for (const Evidence& item : shown.evidence)
      out_ << "<li><b>" << clock_time(item.time) << "  session " << item.session << "</b>  "
           << escape_markup(shown_line(item.text)) << "</li>";
    if (shown.evidence_left_out != 0)
      out_ << "<li>" << left_out(shown.evidence_left_out) << "</li>";
    out_ << "</ul>\n";
  }
  void row(std::string_view name, std::string_view value, std::string_view css_class = {}) {
    if (value.empty()) return;
    out_ << "<dt>" << name << "</dt><dd";
    if (!css_class.empty()) out_ << " class=\"" << css_class << "\"";
    out_ << ">" << escape_markup(value) << "</dd>";
  }

  /// All rules that were kept, folded into a line.
  void kept() {
    std::string names;
    std::size_t count = 0;
    for (const Finding& finding : verdict_.findings) {
      if (finding.outcome != Outcome::pass) continue;
      names += (count++ == 0 ? "" : ", ") + finding.rule;
    }
    if (count == 0) return;
    out_ << "<details class=\"fold\"><summary>" << count << (count == 1 ? " rule" : " rules")
         << " kept</summary>" << escape_markup(names) << "</details>\n";
  }

  void files() {
    out_ << "<p class=\"files\">";
    link("journal", result_.journal_file);
    link("output of the command", result_.output_file);
    for (const std::string& file : result_.mail_files)
      link(file.substr(file.rfind('/') + 1), file);
    out_ << "</p>\n";
    if (report_.invocation.empty()) return;
    out_ << "<div class=\"soft\">Run this case again:</div>\n";
    write_command_html(report_.repeat(verdict_.scenario), out_);
  }
  void link(std::string_view name, const std::string& file) {
    if (!file.empty())
      out_ << "<a href=\"" << escape_markup(file_link(file)) << "\">" << escape_markup(name)
           << "</a>";
  }

  const RunReport& report_;
  const CaseResult& result_;
  const CaseVerdict& verdict_;
  std::ostream& out_;
};

} // namespace

void write_case_html(const RunReport& report, const CaseResult& result, CaseView view,
                     std::ostream& out) {
  CasePart(report, result, out).write(view);
}

} // namespace tempfail::report
