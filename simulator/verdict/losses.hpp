// What the loss of a shared store leaves of a verdict: nobody knows what the scenario would have answered meanwhile.
// The same of a server whose events are missing in the stream of its run.
#pragma once

#include "verdict/rule.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::verdict {

/// A time in which a server had no store, or of which its events are not known.
struct StoreLoss {
  Moment begin{};
  Moment end{};
  std::uint32_t writer = 0;              ///< whose it was
  const journal::Event* event = nullptr; ///< that says so; null: only what it caused does
  bool to_the_end = false;               ///< it was not found again
  bool restarted = false;                ///< and may have forgotten what it knew
  /// Of its events. Tries of any client may be among them.
  journal::event::Missing missing = journal::event::Missing::nothing;
  std::set<std::string_view> clients; ///< that were turned away because of it
};

/// In the order of the journal.
std::vector<StoreLoss> store_losses_in(const journal::Journal& journal);

/// Judges by rules what no loss has touched. What rests on what was answered, or not answered, because of one is
/// undecided; what was broken apart from that stays broken.
class JudgeApartFromLosses {
 public:
  /// Both outlive it. What a rule sees of the case changes while it is asked.
  JudgeApartFromLosses(Case& observed, const journal::Journal& journal);

  Check judge(const Rule& rule, const scenario::Expectation* expectation);

 private:
  /// By message and delivery the index of the first loss that touched it; none: of no loss.
  using Touched = std::vector<std::vector<std::size_t>>;
  static constexpr std::size_t none = SIZE_MAX;

  std::size_t first_touching(const Message& message, const Delivery& delivery) const;
  bool is_touched_by(const StoreLoss& loss, const Message& message, const Delivery& delivery) const;
  bool is_of(const StoreLoss& loss, const Try& attempt) const;
  /// Deliveries of which pick(index of the first loss that touched it) says so.
  template <typename Pick>
  std::vector<Message> messages_of(Pick&& pick) const;
  std::vector<Message> messages_without_lost_tries() const;
  std::vector<Message> messages_until(Moment moment, std::size_t loss) const;
  Check judge_with(std::vector<Message> messages, const Rule& rule,
                   const scenario::Expectation* expectation);
  Check judge_until(const StoreLoss& loss, std::vector<Message> messages, const Rule& rule,
                    const scenario::Expectation* expectation);
  Check broken_apart_from_them(const Rule& rule, const scenario::Expectation* expectation);
  bool may_hide_a_breach(const Rule& rule) const;
  Check undecided_by_losses() const;

  Case& observed_;
  std::vector<StoreLoss> losses_;
  Touched touched_;
  std::set<std::size_t> touching_; ///< losses that touched anything
};

} // namespace tempfail::verdict
