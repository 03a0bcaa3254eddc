// Records as a scenario file writes them: `"@ MX 10 mx1"`, as in a master file, with names below the domain.
#pragma once

#include "scenario/model.hpp"
#include "scenario/read_value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::scenario {

/// What the names in a file are relative to.
struct NameScope {
  std::vector<std::string> domains; ///< the first is the one that `@` stands for
  std::vector<Host> hosts;          ///< those that the file names, or the one there is

  const std::string& domain() const { return domains.front(); }
  /// Whether an absolute name is in one of the domains.
  bool has(std::string_view name) const;
};

/// Letters, digits, hyphens, underscores in labels of up to 63, joined by dots: a name as the wire can have it.
bool is_domain_name(std::string_view name);
/// "mx1", "@", or absolute with a dot at its end, as an absolute name in lower case without that dot; nothing: no name.
std::optional<std::string> absolute_name(std::string_view text, const std::string& domain);

/// One record; nothing, and a mistake, where it is none.
std::optional<Record> read_record(const Value& value, const NameScope& around, Mistakes& mistakes);
/// A list of them, of which no name has a CNAME beside something else (RFC 2181 section 10.1).
std::vector<Record> read_records(const Value& value, const NameScope& around, Mistakes& mistakes);

} // namespace tempfail::scenario
