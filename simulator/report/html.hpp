// The parts of the page. Each writes a piece of HTML whose elements are closed.
#pragma once

#include "report/parts.hpp"

#include <ostream>

namespace tempfail::report {

/// How much of a case is on the page.
struct CaseView {
  bool open = false;     ///< unfolded from the beginning
  bool dialogue = false; ///< with what was said on its connections
};
void write_case_html(const RunReport& report, const CaseResult& result, CaseView view,
                     std::ostream& out);

/// The tries at one message along the time, as a picture with a text for each try.
void write_timeline_svg(const verdict::DeliveryTimeline& timeline, std::ostream& out);

/// The class of a dot by what became of its try: "cut off" is cut-off.
std::string dot_class(std::string_view result);

/// A command line with a button that copies it.
void write_command_html(std::string_view command, std::ostream& out);

} // namespace tempfail::report
