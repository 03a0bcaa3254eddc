// Who may make namespaces, and which users exist inside: root as it is, or a user namespace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tempfail::lab {

/// The users that exist in this process and in a lab made by it.
enum class AvailableUsers : unsigned char {
  system, ///< root, with all users of the system: nothing is mapped
  range,  ///< root is the user who started us, and a range of /etc/subuid is the others
  one,    ///< root is the user who started us; nobody else exists
};

/// Makes this process able to make labs: as the system's root nothing changes; otherwise it becomes root of a user
/// namespace of its own, in a network where nothing is, for ever. Only before there are threads. `why_one` says why
/// there is no range, where there is none. Throws Unavailable.
AvailableUsers become_able_to_make_labs(std::string& why_one);

/// A line of /etc/subuid.
struct IdRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};
/// The first range that `text` (as in /etc/subuid) gives to a user by name or number.
std::optional<IdRange> find_range(std::string_view text, std::string_view name, std::uint64_t id);

} // namespace tempfail::lab
