// What arrives: once, at least once, never; and what comes back to the sender.
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>

namespace tempfail::verdict {
namespace {

using scenario::Level;

struct Arrivals {
  std::size_t count = 0;
  std::size_t needless = 0; ///< came again although the sender had been told
  std::vector<Evidence> evidence;
};

/// A further copy is unavoidable when every one before it was accepted without the sender being told: it
/// can't know, and must not lose the message (RFC 5321 section 6.1, RFC 1047).
Arrivals arrivals_of(const Case& observed, const Delivery& delivery) {
  Arrivals arrivals;
  bool told = false;
  for (const Try& attempt : delivery.tries) {
    if (attempt.result != Result::accepted) continue;
    ++arrivals.count;
    if (told) ++arrivals.needless;
    told = told || !attempt.reply_lost;
    arrivals.evidence.push_back(evidence(observed, attempt));
  }
  return arrivals;
}

constexpr std::string_view window_named =
    " (the unavoidable window: accepted, but the connection was lost before the sender was told)";

/// Under `test` it is known how many messages should have come.
std::string missing_messages(const Case& observed) {
  const std::size_t runs = observed.scenario->test.runs;
  if (!observed.under_test() || observed.messages.size() >= runs) return {};
  return "only " + std::to_string(observed.messages.size()) + " of " + std::to_string(runs) +
         " messages were seen";
}

Check never(const Case& observed) {
  Failures failures;
  std::size_t seen = 0;
  observed.each_delivery([&](const Message&, const Delivery& delivery) {
    seen += delivery.tries.size();
    const Arrivals arrivals = arrivals_of(observed, delivery);
    if (arrivals.count != 0)
      failures.add(name_of(delivery) + ": " + times(arrivals.count), {}, arrivals.evidence);
  });
  if (!failures.empty()) return failures.check();
  if (seen == 0) return Check::fail("no try was seen");
  return Check::pass("never");
}

Check delivered(const Case& observed, const scenario::Expectation* expectation) {
  const auto& word = std::get<std::string>(expectation->value);
  const std::string expected = word == "once"    ? "exactly once"
                               : word == "never" ? "never"
                                                 : "at least once";
  if (word == "never") return never(observed).expecting(expected);
  Failures failures;
  std::size_t deliveries = 0;
  std::size_t unavoidable = 0;
  bool hidden = false;
  std::vector<Evidence> shown;
  observed.each_delivery([&](const Message&, const Delivery& delivery) {
    ++deliveries;
    const Arrivals arrivals = arrivals_of(observed, delivery);
    if (arrivals.count == 0 && !delivery.finished() && !delivery.tries.empty() &&
        !observed.sender_is_gone() && observed.stays_down_after(delivery.tries.back().end)) {
      hidden = true;
      return;
    }
    if (arrivals.count > 1 && arrivals.needless == 0) {
      ++unavoidable;
      shown = arrivals.evidence;
    }
    if (arrivals.count == 0) {
      std::vector<Evidence> last;
      if (!delivery.tries.empty()) last.push_back(evidence(observed, delivery.tries.back()));
      failures.add(name_of(delivery) + ": never, after " + tries(delivery.tries.size()), {}, last);
    } else if (word == "once" && arrivals.needless != 0) {
      failures.add(name_of(delivery) + ": " + times(arrivals.count),
                   std::to_string(arrivals.count - 1) + " too many", arrivals.evidence);
    }
  });
  if (!failures.empty()) return failures.check().expecting(expected);
  if (hidden)
    return Check::unseen("the port did not answer again while it was watched").expecting(expected);
  if (deliveries == 0) return Check::fail("never: no message was tried").expecting(expected);
  if (const std::string missing = missing_messages(observed); !missing.empty())
    return Check::fail(missing).expecting(expected);
  std::string actual = unavoidable == 0 && word == "once" ? "exactly once" : "at least once";
  if (unavoidable != 0) actual += window_named;
  return Check::pass(actual, std::move(shown)).expecting(expected);
}

Check no_duplicate(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  Check check;
  observed.each_delivery([&](const Message&, const Delivery& delivery) {
    const Arrivals arrivals = arrivals_of(observed, delivery);
    if (arrivals.count == 0) return;
    if (arrivals.needless != 0) {
      failures.add(name_of(delivery) + " got it " + times(arrivals.count) +
                       " although the sender had been told that it was accepted",
                   {}, arrivals.evidence);
    } else if (arrivals.count > 1) {
      check = Check::pass(name_of(delivery) + " got it " + times(arrivals.count) +
                              std::string(window_named),
                          arrivals.evidence);
    } else if (check.outcome == Outcome::not_applicable) {
      check = Check::pass("no duplicate");
    }
  });
  check = failures.empty() ? check : failures.check();
  return check.expecting("one copy for each recipient, once the sender was told");
}

/// How many recipients did not get their message, each of whom may be reported by itself; at least one.
std::size_t failed_deliveries(const Case& observed) {
  std::size_t failed = 0;
  observed.each_delivery([&](const Message&, const Delivery& delivery) {
    if (delivery.accepted_count() == 0) ++failed;
  });
  return std::max(failed, std::max<std::size_t>(observed.messages.size(), 1));
}

/// The notifications that came to the sender's own address.
Check notified(const Case& observed, const scenario::Expectation* expectation) {
  const auto& word = std::get<std::string>(expectation->value);
  const std::string expected = "a notification: " + word;
  std::vector<Evidence> shown;
  std::string others;
  for (const Transaction* notification : observed.notifications) {
    const bool to_sender = std::any_of(
        notification->recipients.begin(), notification->recipients.end(),
        [&](const auto& recipient) {
          return std::any_of(observed.messages.begin(), observed.messages.end(),
                             [&](const Message& m) { return m.sender == recipient.address; });
        });
    if (!to_sender || notification->accepted == nullptr || notification->content == nullptr)
      continue;
    const auto& content = std::get<journal::event::Content>(notification->content->body);
    if (!content.report_action.empty() && content.report_action != word) {
      others = content.report_action;
      continue;
    }
    shown.push_back(
        evidence(*notification->accepted,
                 "notification accepted: " + (content.report_action.empty()
                                                  ? std::string("its action is not known")
                                                  : std::string(content.report_action) + " " +
                                                        std::string(content.report_status))));
  }
  if (!shown.empty()) {
    const std::string actual = std::to_string(shown.size()) + " came back";
    if (word == "failed" && shown.size() > failed_deliveries(observed))
      return Check::fail(actual, shown)
          .expecting(expected)
          .missing_by("one for each recipient is enough");
    return Check::pass(actual, shown).expecting(expected);
  }
  return Check::fail(others.empty() ? "no notification came back"
                                    : "only notifications of another kind came: " + others)
      .expecting(expected);
}

constexpr std::array rules_of_this_file = {
    Rule{{"delivered", "Each message arrives at each of its recipients as often as it should.",
          "RFC 5321 section 4.5.4.1 and section 6.1, RFC 1047", Keyword::must, Level::must, false,
          "that it arrives is a MUST; that it arrives once is stated only, and asked as strongly "
          "because a second copy is what the recipient sees"},
         delivered},
    Rule{{"no-duplicate",
          "A message that the sender knows to be accepted is not sent again to the same recipient.",
          "RFC 5321 section 4.2.5 and section 6.1, RFC 1047", Keyword::stated, Level::must, true,
          "after the 250 the server has the message, and the sender has nothing left to send: a "
          "second copy is a fault that the recipient sees"},
         no_duplicate},
    Rule{{"notified", "A delivery status notification comes back to the sender's address.",
          "RFC 5321 section 6.1 and section 3.6.3; the format: RFC 3464", Keyword::must,
          Level::must, false},
         notified},
};

} // namespace

std::span<const Rule> delivery_rules() {
  return rules_of_this_file;
}

} // namespace tempfail::verdict
