// What one-shot senders meet, as journals.
#pragma once

#include "conversation.hpp"
#include "findings.hpp"

#include <string>
#include <vector>

namespace tempfail::verdict::test {

inline journal::event::Run one_shot_run(double time_scale = 1) {
  journal::event::Run run;
  run.role = "one-shot";
  run.time_scale = time_scale;
  return run;
}

/// What the one session of a sender comes to.
enum class Meets {
  accepted,
  refused_for_now,
  refused_for_good,
  lost_early,
  lost_after_dot,
  nobody
};

/// A declared one-shot sender that meets this; its process goes on.
inline Conversation met_once(Meets meets) {
  Conversation talk;
  talk.run(one_shot_run()).handover().sender_started();
  if (meets == Meets::nobody) return talk;
  talk.session(1, std::chrono::seconds(1)).ehlo();
  switch (meets) {
  case Meets::accepted: talk.deliver(); break;
  case Meets::refused_for_now: talk.mail().rcpt("452 4.2.2 Full").quit(); break;
  case Meets::refused_for_good: talk.mail().rcpt("550 5.1.1 Unknown").quit(); break;
  case Meets::lost_early:
    talk.mail().end(journal::event::EndedBy::server, scenario::Stage::rcpt);
    break;
  case Meets::lost_after_dot:
    talk.mail().rcpt().data().content().silence("close", true);
    talk.end(journal::event::EndedBy::server, scenario::Stage::message);
    break;
  case Meets::nobody: break;
  }
  return talk;
}

/// The outcome of a rule that is always judged.
inline Outcome outcome_of(const Conversation& talk, std::string_view rule) {
  return finding(judge(expecting({}), talk.journal()), rule).outcome;
}

} // namespace tempfail::verdict::test
