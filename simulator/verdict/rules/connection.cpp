// Whether the sender came at all: the cause that stands before all others.
#include "scenario/hosts.hpp"
#include "verdict/exit_status.hpp"
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>

namespace tempfail::verdict {
namespace {

/// A port that did not answer in all of the time in which somebody could have come.
Check hidden_by_the_port(const Case& observed) {
  // A sender that ended meanwhile, or did not come when the port accepted connections again, is judged for that.
  if (observed.sender_has_ended() || !observed.is_outage(observed.sender_began(), observed.last))
    return {};
  return Check::undecided("no connection could be observed: connections were " +
                          in_words(observed.outages.back().answer) + " during all " +
                          in_words(observed.last - observed.sender_began()) +
                          " of watch time; use a longer --watch-time");
}

Check connects(const Case& observed, const scenario::Expectation*) {
  if (const std::size_t count = observed.sessions.size(); count != 0)
    return observed.under_test()
               ? Check::pass(std::to_string(count) + (count == 1 ? " connection" : " connections"))
               : Check();
  // Where names are what goes wrong, a sender that has asked for them may well have nowhere to go.
  if (!observed.queries.empty() && scenario::needs_name_server(*observed.scenario)) return {};
  const bool nobody_tried = std::all_of(observed.outages.begin(), observed.outages.end(),
                                        [](const Outage& it) { return it.was_not_met(); });
  if (!observed.outages.empty() && !nobody_tried) return hidden_by_the_port(observed);
  if (!observed.under_test()) return {};
  const std::vector<const journal::Event*> ended = ended_commands(observed);
  if (ended.empty()) return Check::undecided("no connection arrived before the journal ended");
  std::vector<Evidence> shown;
  for (const journal::Event* event : ended)
    shown.push_back(evidence(*event));
  for (const journal::Event* event : ended)
    if (std::get<journal::event::Process>(event->body).ended != journal::event::ProcessEnd::itself)
      return Check::undecided("no connection arrived before tempfail ended the command", shown);
  const int status = std::get<journal::event::Process>(ended.back()->body).exit_code;
  return Check::fail((observed.outages.empty() ? "no connection arrived"
                                               : "the sender tried no connection: the "
                                                 "port refused none") +
                         ("; the command exited with status " + std::to_string(status)),
                     shown);
}

constexpr std::array connection_table = {
    Rule{{"connects", "A sender that gets a message connects to the server.",
          "RFC 5321 section 4.5.4.1", Keyword::stated, scenario::Level::must, true,
          "a message that the sender accepts and never tries is lost"},
         connects},
};

} // namespace

std::span<const Rule> connection_rules() {
  return connection_table;
}

} // namespace tempfail::verdict
