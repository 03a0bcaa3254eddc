// What senders/NAME/sender.yaml says: a real sender that `tempfail test --sender NAME` can drive.
#pragma once

#include "scenario/mistake.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tempfail::cli {

/// The name of a manifest's file in its folder.
inline constexpr std::string_view manifest_file = "sender.yaml";

/// Something that must be on this machine. It is seen by one of `program`, `see` and `root`.
struct SenderNeed {
  std::string what;             ///< "nodemailer 6.9.16"
  std::string program;          ///< one that is looked up in PATH
  std::vector<std::string> see; ///< a command that exits with 0 where it is there
  std::string root;             ///< why only root can run it; empty: anybody can
  std::string get;              ///< "apt-get install swaks"; empty: the set-up's commands
};

/// A setting of `-o NAME=VALUE`.
struct SenderSetting {
  std::string name; ///< "*": any other
  std::string meaning;
  std::vector<std::string> adds; ///< arguments of the command, with {name} and {value}
};

/// Whether it finds its hosts by MX records, or is told a host and a port.
enum class LooksUpMx : std::uint8_t { always, in_a_lab, never };

struct SenderManifest {
  std::string name;             ///< of its folder
  std::filesystem::path folder; ///< {sender_dir}
  std::filesystem::path cache;  ///< {sender_cache}: where its set-up installs; need not exist

  std::string summary;
  std::string program; ///< "Postfix"
  std::string language;
  std::string role;                      ///< "queueing" or "one-shot"
  bool stays = false;                    ///< queueing, and the command ends when its message has
  std::vector<std::string> tls_policies; ///< that it can be told; the first is what it is told
  std::vector<std::string> without;      ///< as --without
  LooksUpMx mx = LooksUpMx::always;
  bool scaled_timeouts = false;
  bool notifications_come = false; ///< mail to its own domain comes back to the case
  bool passes_clock_on = false;    ///< its command gives the fast clock to its mail server itself
  bool ends_when_empty = false;    ///< what its command leaves behind ends once its queue is empty
  std::vector<std::string> exits;  ///< as the values of --exit
  double time_scale = 1;
  double timeout_seconds = 0; ///< real time, of its command; 0: as usual
  std::string queue_lifetime; ///< protocol time; empty: not said
  std::vector<SenderNeed> needs;
  std::vector<std::vector<std::string>> set_up; ///< commands that install it into its cache
  std::vector<std::string> version;             ///< a command; what it prints first is the version
  std::vector<std::string> command;             ///< with placeholders
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<SenderSetting> settings;
};

/// A manifest, or what is wrong with it.
struct ManifestResult {
  std::optional<SenderManifest> manifest;
  std::vector<scenario::Mistake> mistakes;
};

/// Reads a manifest from `text`; `folder` is where it stands, `caches` where set-ups install, each into a folder
/// that is called like the sender.
ManifestResult read_manifest(std::string_view text, const std::filesystem::path& folder,
                             const std::filesystem::path& caches);

} // namespace tempfail::cli
