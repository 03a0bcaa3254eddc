// The choice of a scenario by a mix: the recipient's domain decides among which, its address which of them.
#pragma once

#include "scenario/mix.hpp"
#include "session/answer_counts.hpp"
#include "session/session.hpp"
#include "state/shares.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tempfail::net {

/// A share of a mix, and what its recipients and messages were answered so far.
struct MixCounts {
  std::string domain; ///< the pattern
  std::string scenario;
  std::uint32_t parts = 0; ///< of scenario::mix_parts
  bool is_former = false;  ///< it is not in the mix any more
  session::AnswerCounts answer_counts;
};

/// The same recipient draws the same scenario as long as the shares are the same, so that its retry meets the state
/// that its first try has left.
class MixRouter final : public session::RecipientRouter {
 public:
  /// Finds or makes what a scenario is served with to the domains of this pattern.
  using TargetOf = std::function<Target(const scenario::ScenarioPtr&, const std::string& pattern)>;

  MixRouter(const scenario::MixPtr& mix, std::uint64_t seed, TargetOf target_of);
  Target route(std::string_view recipient) override;

  /// Draws by this mix from here on. Of each domain that the two have in common as few recipients change their scenario
  /// as the shares allow.
  void change(const scenario::MixPtr& mix);
  const scenario::MixPtr& mix() const { return mix_; }
  std::uint64_t changes() const { return changes_; } ///< so far
  /// In the order of the mix; then those that were in it before and have counted something.
  std::vector<MixCounts> counts() const;

 private:
  struct Domain {
    std::string pattern;
    std::uint64_t seed = 0;
    std::vector<Target> targets; ///< of each share
    state::Shares shares;
  };
  using Key = std::pair<std::string, std::string>; ///< pattern, scenario

  Domain made(const scenario::MixDomain& domain, state::Shares shares);

  scenario::MixPtr mix_;
  std::uint64_t seed_;
  std::uint64_t changes_ = 0;
  TargetOf target_of_;
  std::vector<Domain> domains_;
  std::map<Key, session::AnswerCounts>
      answer_counts_;   ///< none is ever removed: sessions point to them
  std::string address_; ///< of the recipient at hand, in lower case
};

} // namespace tempfail::net
