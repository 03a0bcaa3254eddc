// A journal that a test wrote, and what the judge makes of it before it judges.
#pragma once

#include "conversation.hpp"
#include "verdict/observation.hpp"

#include <string>

namespace tempfail::verdict::test {

/// A journal and what was made of it; events point into the journal.
struct Seen {
  scenario::Scenario scenario;
  journal::Journal journal;
  Case observed;

  explicit Seen(const Conversation& conversation, std::uint32_t runs = 1)
      : journal(conversation.journal()) {
    scenario.name = "case";
    scenario.test.runs = runs;
    observed = observe(scenario, journal);
  }
  /// "transient@mail accepted@message" of the only delivery.
  std::string story(std::size_t message = 0, std::size_t delivery = 0) const {
    std::string text;
    for (const Try& attempt : observed.messages.at(message).deliveries.at(delivery).tries) {
      if (!text.empty()) text += ' ';
      text += to_string(attempt.result);
      text += '@';
      text += scenario::to_string(attempt.stage);
      if (attempt.reply_lost) text += "(unheard)";
      if (attempt.clear_text_fallback) text += "(fallback)";
    }
    return text;
  }
};

} // namespace tempfail::verdict::test
