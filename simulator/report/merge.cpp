// Joins reports, and refuses what does not belong together.
#include "report/merge.hpp"

#include "report/parts.hpp"

#include <algorithm>
#include <map>
#include <sstream>

namespace tempfail::report {
namespace {

template <typename Value>
std::string shown(const Value& value) {
  std::ostringstream out;
  out << value;
  return out.str().empty() ? std::string("nothing") : out.str();
}
std::string shown(bool value) {
  return value ? "yes" : "no";
}

/// Parts of one run were told the same.
class PartComparison {
 public:
  PartComparison(const NamedReport& first, const NamedReport& other)
      : first_(first), other_(other) {}

  void check() const {
    const RunReport& a = first_.report;
    const RunReport& b = other_.report;
    same("tempfail", a.version, b.version);
    same("the sender", a.sender, b.sender);
    same("the sender's version", a.sender_version, b.sender_version);
    same("the command", a.command, b.command);
    same("the seed", a.seed, b.seed);
    same("the time scale", a.time_scale, b.time_scale);
    same("--strict", a.strict, b.strict);
    same("--require-met", a.require_met, b.require_met);
    same("the TLS policy", to_string(a.tls_policy), to_string(b.tls_policy));
    same("the number of parts", a.shard.total, b.shard.total);
  }

 private:
  template <typename Value>
  void same(const std::string& what, const Value& in_first, const Value& in_other) const {
    if (in_first == in_other) return;
    throw CanNotMerge(first_.name + " and " + other_.name + " are not parts of one run: " + what +
                      " is " + shown(in_first) + " in the first and " + shown(in_other) +
                      " in the second");
  }

  const NamedReport& first_;
  const NamedReport& other_;
};

/// "2 of 3, 3 of 3"; empty: all parts are there.
std::string missing_parts(const std::vector<NamedReport>& parts) {
  const std::size_t of = parts.front().report.shard.total;
  std::string missing;
  for (std::size_t number = 1; number <= of; ++number) {
    const bool there = std::any_of(parts.begin(), parts.end(), [number](const auto& part) {
      return part.report.shard.number == number;
    });
    if (!there)
      missing +=
          (missing.empty() ? "" : ", ") + std::to_string(number) + " of " + std::to_string(of);
  }
  return missing;
}

/// No case is in two of them: which of its answers would be right nobody could say.
void check_cases(const std::vector<NamedReport>& parts) {
  std::map<std::string, const NamedReport*> seen;
  for (const NamedReport& part : parts)
    for (const CaseResult& result : part.report.cases) {
      const auto [found, is_new] = seen.emplace(result.verdict.scenario, &part);
      if (!is_new)
        throw CanNotMerge(result.verdict.scenario + " is in " + found->second->name + " and in " +
                          part.name + "; a case may be in one report only");
    }
}

/// The command line of the whole run: that of a part, without its part.
std::string without_shard(std::string invocation, const Shard& shard) {
  const std::string option =
      " --shard " + std::to_string(shard.number) + "/" + std::to_string(shard.total);
  if (const std::size_t at = invocation.find(option); at != std::string::npos)
    invocation.erase(at, option.size());
  return invocation;
}

} // namespace

RunReport merge(const std::vector<NamedReport>& parts, bool incomplete) {
  for (const NamedReport& part : parts)
    PartComparison(parts.front(), part).check();
  check_cases(parts);
  const std::string missing = missing_parts(parts);
  if (!missing.empty() && !incomplete)
    throw CanNotMerge("part " + missing + " is missing; --incomplete makes a report without it");
  RunReport whole = parts.front().report;
  whole.invocation = without_shard(std::move(whole.invocation), whole.shard);
  whole.shard = {};
  whole.missing = missing;
  for (auto part = parts.begin() + 1; part != parts.end(); ++part) {
    const RunReport& report = part->report;
    if (!report.date.empty() && (whole.date.empty() || report.date < whole.date))
      whole.date = report.date;
    whole.cases.insert(whole.cases.end(), report.cases.begin(), report.cases.end());
    whole.not_run += report.not_run;
    whole.sender_never_connected = whole.sender_never_connected || report.sender_never_connected;
  }
  std::stable_sort(whole.cases.begin(), whole.cases.end(), [](const auto& a, const auto& b) {
    return id_of(a.verdict) < id_of(b.verdict);
  });
  return whole;
}

} // namespace tempfail::report
