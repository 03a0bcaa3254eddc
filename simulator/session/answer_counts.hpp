// What recipients and messages were answered: counts, for those who want to see them while a server runs.
#pragma once

#include "scenario/stage.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tempfail::session {

/// How a recipient or a message was answered.
enum class AnswerOutcome : std::uint8_t {
  accepted,   ///< 2xx
  deferred,   ///< 4xx
  rejected,   ///< 5xx
  unanswered, ///< the connection was closed, or fell silent
  split,      ///< 452: it is another scenario's than the transaction, and needs one of its own
};
inline constexpr std::array<std::string_view, 5> answer_outcome_names = {
    "accepted", "deferred", "rejected", "unanswered", "split"};

/// Counts by stage and outcome. Recipients are counted at RCPT, each message once: at its final dot, or where it was
/// refused before, at DATA or while its content came.
class AnswerCounts {
 public:
  static constexpr std::array stages = {scenario::Stage::rcpt, scenario::Stage::data,
                                        scenario::Stage::content, scenario::Stage::message};

  static constexpr bool counts(scenario::Stage stage) {
    return std::find(stages.begin(), stages.end(), stage) != stages.end();
  }
  /// At one of the stages that are counted.
  void add(scenario::Stage stage, AnswerOutcome outcome) {
    ++counts_[index_of(stage)][static_cast<std::size_t>(outcome)];
  }
  std::uint64_t count(scenario::Stage stage, AnswerOutcome outcome) const {
    return counts_[index_of(stage)][static_cast<std::size_t>(outcome)];
  }

 private:
  static constexpr std::size_t index_of(scenario::Stage stage) {
    return static_cast<std::size_t>(std::find(stages.begin(), stages.end(), stage) -
                                    stages.begin());
  }

  std::array<std::array<std::uint64_t, answer_outcome_names.size()>, stages.size()> counts_{};
};

} // namespace tempfail::session
