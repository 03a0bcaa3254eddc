// The senders that tempfail can drive: where their folders are, and which is meant by a name.
#pragma once

#include "cli/sender_manifest.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tempfail::cli {

/// The name of the variable with folders of senders, with colons between; they come before the program's own.
inline constexpr const char* senders_variable = "TEMPFAIL_SENDERS";
/// The name of the variable with the folder into which set-ups install.
inline constexpr const char* senders_cache_variable = "TEMPFAIL_SENDERS_CACHE";

/// The folders in which senders are looked for, in this order: those of TEMPFAIL_SENDERS, and the
/// program's own, which is beside it in an installation or in the source tree.
std::vector<std::filesystem::path> sender_folders();

/// Where set-ups install. As said by TEMPFAIL_SENDERS_CACHE; else a folder in /var/tmp, which other
/// users may enter, for mail servers go on as users of their own. It need not exist; CannotRun where
/// it belongs to somebody else.
std::filesystem::path senders_cache();

/// All senders of all folders by name; the first of a name counts. UsageError for a manifest with mistakes.
std::vector<SenderManifest> all_senders();

/// The sender of a name, or that in a folder, where `name` has a slash in it. UsageError where there
/// is none, or where its manifest has mistakes.
SenderManifest find_sender(const std::string& name);

} // namespace tempfail::cli
