// The files of the sender's side that are the lab's own, and what of the system's is hidden because names could be
// looked up through it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tempfail::lab {

/// What a sender finds.
struct SenderSettings {
  std::string host_name;   ///< what it is called, "mail.sender.test"
  std::string name_server; ///< where it asks, "192.0.2.53"
  std::string search;      ///< domains that its resolver appends, with blanks between; empty: none
};

/// A file in the place of another.
struct Overlay {
  std::string target; ///< the file that it hides, without symbolic links
  std::string content;
};

/// For the system as it is. /etc/resolv.conf must exist, or Unavailable is thrown.
std::vector<Overlay> overlays_for(const SenderSettings& settings);

std::string resolv_conf(const SenderSettings& settings);
std::string hosts_file(const SenderSettings& settings);
/// /etc/nsswitch.conf, with host names looked up in files and by DNS alone.
std::string plain_nsswitch(std::string_view text);

} // namespace tempfail::lab
