// A mix: for each recipient domain a blend of scenarios, by shares. Its value, and the reader of its file.
#pragma once

#include "scenario/mistake.hpp"
#include "scenario/model.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::scenario {

/// All recipients of a domain. A share is so many of these parts: a percent has ten thousand.
inline constexpr std::uint32_t mix_parts = 1'000'000;
/// The most that a file may have.
inline constexpr std::size_t mix_domain_limit = 200;
inline constexpr std::size_t mix_share_limit = 1000; ///< of all domains together

/// A scenario and how many of a domain's recipients meet it.
struct MixShare {
  ScenarioPtr scenario;
  std::uint32_t parts = 0; ///< of mix_parts
};

/// The blend of one domain pattern.
struct MixDomain {
  std::string pattern;          ///< glob over the recipient's domain, in lower case
  std::vector<MixShare> shares; ///< in the order of the file; their parts add up to mix_parts
};

/// In the order of the file: the first domain that matches counts. The last one matches everything.
struct Mix {
  std::vector<MixDomain> domains;
  std::string text; ///< the file
};
using MixPtr = std::shared_ptr<const Mix>;

/// A mix, or what is wrong with it (never both, never neither).
struct MixResult {
  MixPtr mix;
  std::vector<Mistake> mistakes;
};

/// Reads a mix from `text`, of scenarios among `known`. `file` is for messages.
MixResult read_mix(std::string_view text, const std::string& file,
                   const std::vector<ScenarioPtr>& known);

/// Each scenario of the mix once, in the order of the file.
std::vector<ScenarioPtr> scenarios_of(const Mix& mix);

/// "83.71": a share in percent, without needless zeros.
std::string percent_of(std::uint32_t parts);

/// "*.business.test: healthy 83.71 %, greylisted 11.12 %"
std::string to_string(const MixDomain& domain);
/// "*.business.test: healthy 83.71 %, greylisted 11.12 %; *: healthy 100 %"
std::string to_string(const Mix& mix);

} // namespace tempfail::scenario
