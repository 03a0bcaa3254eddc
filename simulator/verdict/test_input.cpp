// A scenario about one recipient of three, or about a large message, shows nothing to a sender that leaves
// them out: what it would have failed is no fault of the sender's.
#include "verdict/test_input.hpp"

#include <algorithm>
#include <set>

namespace tempfail::verdict {
namespace {

/// Whether all that was tried was taken.
bool all_went_well(const Case& observed) {
  bool well = true;
  observed.each_delivery([&](const Message&, const Delivery& delivery) {
    well = well && std::all_of(delivery.tries.begin(), delivery.tries.end(),
                               [](const Try& it) { return it.result == Result::accepted; });
  });
  return well && !observed.messages.empty();
}

/// A sender adds to a message, or recodes its text; it does not leave out half of it.
bool is_another(const journal::event::Content& seen, const scenario::TestMessage& given) {
  return seen.size < given.size / 2 || seen.received_fields < given.received_fields;
}

std::string missing_recipients(const Case& observed) {
  std::set<std::string> seen;
  observed.each_delivery([&](const Message&, const Delivery& delivery) {
    if (!delivery.recipient.empty()) seen.insert(delivery.recipient);
  });
  const std::size_t wanted = observed.scenario->test.recipients;
  if (seen.empty() || seen.size() >= wanted) return {};
  return "the scenario needs " + std::to_string(wanted) + " recipients, and " +
         std::to_string(seen.size()) + (seen.size() == 1 ? " was" : " were") +
         " seen: where the command has {recipient}, say {recipients}";
}

std::string missing_message(const Case& observed) {
  const journal::event::Content* shown = nullptr;
  for (const Session& session : observed.sessions)
    for (const Transaction& transaction : session.transactions) {
      if (transaction.content == nullptr) continue;
      const auto& content = std::get<journal::event::Content>(transaction.content->body);
      if (!is_another(content, observed.scenario->test.message)) return {};
      shown = &content;
    }
  if (shown == nullptr) return {};
  return "the message seen (" + std::to_string(shown->size) +
         " bytes) is not the one given: send the file {message}";
}

} // namespace

std::string missing_input(const Case& observed) {
  if (!observed.under_test() || !all_went_well(observed)) return {};
  std::string missing = missing_recipients(observed);
  return missing.empty() ? missing_message(observed) : missing;
}

} // namespace tempfail::verdict
