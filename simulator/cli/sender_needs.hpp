// What is missing on this machine to run a sender, and which version of it is there.
#pragma once

#include "cli/sender_manifest.hpp"

#include <string>
#include <vector>

namespace tempfail::cli {

/// What must be in the environment of a sender's programs: "NAME=value".
std::vector<std::string> environment_of(const SenderManifest& sender);

/// A need that is not met.
struct MissingNeed {
  std::string what; ///< "swaks", "root: Postfix changes to users of its own"
  std::string get;  ///< a command; empty: no command helps
};
std::vector<MissingNeed> missing_needs_of(const SenderManifest& sender);

/// "swaks is missing; to get it: apt-get install swaks"
std::string missing_need_text(const MissingNeed& missing);

/// The commands of its set-up, as a shell takes them, one after the other; empty: it has none.
std::string set_up_of(const SenderManifest& sender);

/// The first line that its version's command prints; empty where it says none.
std::string version_of(const SenderManifest& sender);

} // namespace tempfail::cli
