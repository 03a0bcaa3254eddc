// Tries along the time. The axis is logarithmic: seconds and days are in one picture, and both can be seen.
#include "report/html.hpp"

#include "verdict/wording.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace tempfail::report {
namespace {

using verdict::DeliveryTimeline;
using verdict::SummaryTry;

// Across in per cent, so that the picture is as wide as its page; down in pixels.
constexpr double width = 100;
constexpr double margin = 1.5; ///< at both ends
constexpr double line = 16;    ///< of the axis, from the top
constexpr double label_line = 44;
constexpr double label_room = 12; ///< for the text of a tick, on a telephone too

/// Where a moment is on the axis, in per cent of its width. It begins with the first try.
class Axis {
 public:
  explicit Axis(const DeliveryTimeline& timeline) {
    if (timeline.tries.empty()) return;
    begin_ = timeline.tries.front().begin;
    Moment last = begin_ + std::chrono::seconds(10);
    for (const SummaryTry& attempt : timeline.tries)
      last = std::max({last, attempt.begin, attempt.end});
    if (timeline.next)
      last = std::max(last, timeline.next->to.value_or(timeline.next->from * 2 - begin_));
    length_ = last - begin_;
  }

  double at(Moment moment) const {
    const double part = squeezed(moment - begin_) / squeezed(length_);
    return margin + std::clamp(part, 0.0, 1.0) * (width - 2 * margin);
  }
  Moment begin() const { return begin_; }
  Duration length() const { return length_; }

 private:
  static double squeezed(Duration time) {
    return std::log1p(std::max(0.0, std::chrono::duration<double>(time).count()) / 10);
  }

  Moment begin_{};
  Duration length_{std::chrono::seconds(10)};
};

std::string across(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f%%", value);
  return text;
}

void write_ticks(const Axis& axis, std::ostream& out) {
  constexpr std::array<Duration, 9> ticks = {
      std::chrono::seconds(10), std::chrono::minutes(1), std::chrono::minutes(5),
      std::chrono::minutes(30), std::chrono::hours(1),   std::chrono::hours(4),
      std::chrono::hours(24),   std::chrono::hours(48),  std::chrono::hours(120)};
  const auto label = [&](Moment at, const std::string& text, std::string_view anchor) {
    out << "<text x=\"" << across(axis.at(at)) << "\" y=\"" << label_line << "\" text-anchor=\""
        << anchor << "\">" << text << "</text>";
  };
  label(axis.begin(), "0", "start");
  double last = axis.at(axis.begin());
  for (const Duration tick : ticks) {
    const double x = axis.at(axis.begin() + tick);
    if (tick > axis.length() || x - last < label_room || x > width - label_room / 2) continue;
    last = x;
    label(axis.begin() + tick, verdict::in_words(tick), "middle");
  }
}

} // namespace

std::string dot_class(std::string_view result) {
  std::string name(result);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

void write_timeline_svg(const DeliveryTimeline& timeline, std::ostream& out) {
  if (timeline.tries.empty()) return;
  const Axis axis(timeline);
  out << "<svg role=\"img\" aria-label=\"" << timeline.tries.size() << " tries on a time axis\">";
  if (timeline.next) {
    const double from = axis.at(timeline.next->from);
    const double to = timeline.next->to ? axis.at(*timeline.next->to) : width;
    out << "<rect class=\"window\" x=\"" << across(from) << "\" y=\"2\" width=\""
        << across(std::max(to - from, 0.3)) << "\" height=\"" << 2 * line - 4
        << "\"><title>the first retry is expected here</title></rect>";
  }
  out << "<line class=\"axis\" x1=\"0\" y1=\"" << line << "\" x2=\"100%\" y2=\"" << line << "\"/>";
  for (const SummaryTry& attempt : timeline.tries)
    out << "<circle class=\"" << dot_class(attempt.result) << "\" cx=\""
        << across(axis.at(attempt.begin)) << "\" cy=\"" << line << "\" r=\"6\"><title>"
        << verdict::in_words(attempt.begin - axis.begin()) << ": " << escape_markup(attempt.said)
        << "</title></circle>";
  write_ticks(axis, out);
  out << "</svg>\n";
}

} // namespace tempfail::report
