// Whether a loop of which the sender's own server is part comes to an end.
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace tempfail::verdict {
namespace {

using journal::event::Forwarded;
using scenario::Level;

/// After so long without a word the sender has stopped it without one.
constexpr Duration silence = std::chrono::hours(1);

const Forwarded& forwarded(const journal::Event& event) {
  return std::get<Forwarded>(event.body);
}

/// Where the server had to stop the loop itself: the refusal of a message that had come too far.
const journal::Event* stopped_by_server(const Case& observed) {
  for (const Session& session : observed.sessions)
    for (const Transaction& transaction : session.transactions) {
      const auto* reply = as_exchange(transaction.message);
      if (reply != nullptr && reply->code >= 500 && reply->rule == 0 &&
          transaction.content != nullptr)
        return transaction.message;
    }
  return nullptr;
}

Check stops_loop(const Case& observed, const scenario::Expectation*) {
  const std::string expected =
      "the sender's server refuses the message when it has come too often, or keeps it";
  std::vector<const journal::Event*> back;
  for (const journal::Event* event : observed.forwarded)
    if (forwarded(*event).to == "sender") back.push_back(event);
  if (back.empty())
    return Check::unseen("no message was sent back to the sender's server").expecting(expected);
  const journal::Event& last = *back.back();
  const Forwarded& what = forwarded(last);
  const std::string came = times(back.size());
  const std::string hops = ", with " + std::to_string(what.received_fields) + " Received fields";
  const std::vector<Evidence> shown = {evidence(*back.front()), evidence(last)};
  if (const journal::Event* refusal = stopped_by_server(observed))
    return Check::fail("went round " + came + " until the server stopped it" + hops,
                       {evidence(last), evidence(*refusal)})
        .expecting(expected);
  if (what.code == 0)
    return Check::open("could not be sent back: " + std::string(what.reply), {evidence(last)})
        .expecting(expected);
  if (what.code >= 500)
    return Check::pass("refused when it had come " + came + hops, shown).expecting(expected);
  const Duration since = observed.last - last.time;
  if (what.code >= 400 || since < silence)
    return Check::open("came back " + came + hops +
                           ", and nobody had stopped it when the watch ended",
                       shown)
        .expecting(expected);
  return Check::pass("came back " + came + hops + ", and was not sent on again in " + spoken(since),
                     shown)
      .expecting(expected);
}

constexpr std::array rules_of_this_file = {
    Rule{{"stops-loop", "What comes back to the sender's own server is not sent on for ever.",
          "RFC 5321 section 6.3", Keyword::must, Level::must, false},
         stops_loop},
};

} // namespace

std::span<const Rule> loop_rules() {
  return rules_of_this_file;
}

} // namespace tempfail::verdict
