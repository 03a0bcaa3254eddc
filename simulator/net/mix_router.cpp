// Draws a recipient's scenario.
#include "net/mix_router.hpp"

#include "base/ascii.hpp"
#include "scenario/glob.hpp"
#include "state/chance.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace tempfail::net {

namespace {

std::vector<std::uint32_t> parts_of(const scenario::MixDomain& domain) {
  std::vector<std::uint32_t> parts;
  for (const scenario::MixShare& share : domain.shares)
    parts.push_back(share.parts);
  return parts;
}

/// The shares that a domain is to have, each with its place among those that it had.
std::vector<state::Shares::Wanted> wanted_of(const scenario::MixDomain& domain,
                                             const scenario::MixDomain& before) {
  std::vector<state::Shares::Wanted> wanted;
  for (const scenario::MixShare& share : domain.shares) {
    const auto same = std::find_if(
        before.shares.begin(), before.shares.end(),
        [&](const scenario::MixShare& one) { return one.scenario->name == share.scenario->name; });
    std::optional<std::size_t> place;
    if (same != before.shares.end()) place = static_cast<std::size_t>(same - before.shares.begin());
    wanted.push_back({share.parts, place});
  }
  return wanted;
}

bool has_counts(const session::AnswerCounts& answer_counts) {
  for (const scenario::Stage stage : session::AnswerCounts::stages)
    for (std::size_t i = 0; i < session::answer_outcome_names.size(); ++i)
      if (answer_counts.count(stage, static_cast<session::AnswerOutcome>(i)) != 0) return true;
  return false;
}

} // namespace

MixRouter::MixRouter(const scenario::MixPtr& mix, std::uint64_t seed, TargetOf target_of)
    : mix_(mix), seed_(seed), target_of_(std::move(target_of)) {
  for (const scenario::MixDomain& domain : mix->domains)
    domains_.push_back(made(domain, state::Shares(parts_of(domain))));
}

MixRouter::Domain MixRouter::made(const scenario::MixDomain& domain, state::Shares shares) {
  Domain made{domain.pattern, seed_ ^ state::mix_bits(domain.pattern), {}, std::move(shares)};
  for (const scenario::MixShare& share : domain.shares) {
    made.targets.push_back(target_of_(share.scenario, domain.pattern));
    made.targets.back().answer_counts = &answer_counts_[{domain.pattern, share.scenario->name}];
  }
  return made;
}

void MixRouter::change(const scenario::MixPtr& mix) {
  std::vector<Domain> next;
  for (const scenario::MixDomain& domain : mix->domains) {
    const auto before = std::find_if(domains_.begin(), domains_.end(), [&](const Domain& one) {
      return one.pattern == domain.pattern;
    });
    if (before == domains_.end()) {
      next.push_back(made(domain, state::Shares(parts_of(domain))));
      continue;
    }
    const auto& former = mix_->domains[static_cast<std::size_t>(before - domains_.begin())];
    next.push_back(made(domain, before->shares.changed(wanted_of(domain, former))));
  }
  domains_ = std::move(next);
  mix_ = mix;
  ++changes_;
}

session::RecipientRouter::Target MixRouter::route(std::string_view recipient) {
  address_.resize(recipient.size());
  std::transform(recipient.begin(), recipient.end(), address_.begin(),
                 [](char c) { return base::lower(c); });
  const std::size_t at = address_.rfind('@');
  const std::string_view domain =
      at == std::string::npos ? std::string_view() : std::string_view(address_).substr(at + 1);
  for (const Domain& one : domains_) {
    if (!scenario::glob_matches(one.pattern, domain)) continue;
    const double chance = state::chance_of(one.seed, 0, address_, 0);
    return one
        .targets[one.shares.owner_of(static_cast<std::uint32_t>(chance * scenario::mix_parts))];
  }
  return {}; // the last pattern matches everything
}

std::vector<MixCounts> MixRouter::counts() const {
  std::vector<MixCounts> counts;
  std::set<Key> present;
  for (const scenario::MixDomain& domain : mix_->domains)
    for (const scenario::MixShare& share : domain.shares) {
      const Key key{domain.pattern, share.scenario->name};
      counts.push_back(
          {domain.pattern, share.scenario->name, share.parts, false, answer_counts_.at(key)});
      present.insert(key);
    }
  for (const auto& [key, answer_counts] : answer_counts_)
    if (!present.contains(key) && has_counts(answer_counts))
      counts.push_back({key.first, key.second, 0, true, answer_counts});
  return counts;
}

} // namespace tempfail::net
