// Counts of a mix as values.
#include "control/mix_view.hpp"

#include "control/refusal.hpp"
#include "net/mix_router.hpp"

#include <stdexcept>

namespace tempfail::control {

namespace {

/// What every share shows, even where it did not happen yet.
bool is_usual(scenario::Stage stage, session::AnswerOutcome outcome) {
  return (stage == scenario::Stage::rcpt || stage == scenario::Stage::message) &&
         outcome <= session::AnswerOutcome::rejected;
}

std::vector<MixCountView> counts_of(const session::AnswerCounts& answer_counts) {
  std::vector<MixCountView> counts;
  for (const scenario::Stage stage : session::AnswerCounts::stages)
    for (std::size_t i = 0; i < session::answer_outcome_names.size(); ++i) {
      const auto outcome = static_cast<session::AnswerOutcome>(i);
      const std::uint64_t count = answer_counts.count(stage, outcome);
      if (count != 0 || is_usual(stage, outcome))
        counts.push_back({scenario::to_string(stage), session::answer_outcome_names[i], count});
    }
  return counts;
}

} // namespace

MixView view_of(const net::MixRouter& router) {
  MixView view;
  view.text = router.mix()->text;
  view.changes = router.changes();
  constexpr double parts_of_percent = scenario::mix_parts / 100.0;
  for (const net::MixCounts& share : router.counts())
    view.shares.push_back({share.domain, share.scenario, share.parts / parts_of_percent,
                           share.is_former, counts_of(share.answer_counts)});
  return view;
}

void change_mix(net::Server& server, const scenario::MixPtr& mix) {
  try {
    server.change_mix(mix);
  } catch (const std::invalid_argument& wrong) {
    throw Refusal(RefusalKind::conflict, wrong.what(), "tempfail serve --mix FILE --starttls");
  } catch (const std::length_error& full) {
    throw Refusal(RefusalKind::full, full.what());
  }
}

void refuse_without_mix() {
  throw Refusal(RefusalKind::unknown, "no mix is served", "tempfail serve --mix FILE");
}

} // namespace tempfail::control
