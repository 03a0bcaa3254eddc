// Why a lab can't be made on this machine, in a sentence that says what to change.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace tempfail::lab {

/// The steps of making a lab that a system may refuse.
enum class LabStep : unsigned char {
  user_namespace,    ///< unshare(CLONE_NEWUSER)
  map_users,         ///< writing /proc/self/uid_map
  network_namespace, ///< unshare(CLONE_NEWNET)
  sender_namespaces, ///< clone: mounts, host name, IPC, processes
  cable,             ///< the pair of veth devices
  address,           ///< addresses and routes of both ends
  router,            ///< the packet socket of the simulator's end
  private_mounts,    ///< mount: what changes inside stays inside
  files,             ///< a tmpfs with the lab's files
  bind_file,         ///< one of them in its place in /etc
  proc,              ///< a /proc of its own
  host_name,         ///< sethostname
  enter,             ///< setns, of what was made
};

/// What the system says of itself; empty where it has no such setting.
struct SystemState {
  bool root = false;      ///< of the system's own users, not of a namespace's
  bool container = false; ///< a container's manager left its mark
  std::string unprivileged_userns_clone;
  std::string apparmor_restrict_unprivileged_userns;
  std::string max_user_namespaces;
  std::string max_net_namespaces;
  std::string max_pid_namespaces;
  std::string max_mnt_namespaces;
  /// Of the capabilities that a lab needs of root, those that are not there: "CAP_NET_RAW".
  std::vector<std::string> lacking;
  bool filtered = false; ///< a filter of system calls (seccomp) is in force
  std::string
      profile; ///< AppArmor's, "docker-default (enforce)"; empty: none that forbids anything
};
SystemState read_system_state();
/// Of the capabilities that a lab needs of root, those that this process lacked when this was asked first: before it
/// became root of a user namespace of its own, where it has all.
const std::vector<std::string>& lacking_capabilities();

/// "unshare(CLONE_NEWUSER): No space left on device: user.max_user_namespaces is 0 ...".
/// `detail`: what it was done to, "/etc/resolv.conf"; may be empty.
std::string what_is_missing(LabStep step, int error, const std::string& detail,
                            const SystemState& surroundings);

/// The lab can't be made. The text is what_is_missing()'s.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws Unavailable for the system as it is.
[[noreturn]] void throw_unavailable(LabStep step, int error, const std::string& detail = {});

} // namespace tempfail::lab
