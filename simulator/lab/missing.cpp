// The sentences, and where what they are made of is read.
#include "lab/missing.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <linux/capability.h>
#include <string_view>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace tempfail::lab {

namespace {

std::string first_word_of(const char* path) {
  std::ifstream in(path);
  std::string word;
  in >> word;
  return word;
}

const char* call_of(LabStep step) {
  switch (step) {
  case LabStep::user_namespace: return "unshare(CLONE_NEWUSER)";
  case LabStep::map_users: return "mapping users";
  case LabStep::network_namespace: return "unshare(CLONE_NEWNET)";
  case LabStep::sender_namespaces:
    return "clone(CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID)";
  case LabStep::cable: return "a pair of veth devices";
  case LabStep::address: return "addresses and routes";
  case LabStep::router: return "socket(AF_PACKET)";
  case LabStep::private_mounts: return "mount(MS_REC | MS_PRIVATE)";
  case LabStep::files: return "mount(tmpfs)";
  case LabStep::bind_file: return "mount(MS_BIND)";
  case LabStep::proc: return "mount(proc)";
  case LabStep::host_name: return "sethostname";
  case LabStep::enter: return "setns";
  }
  return "";
}

/// The limit on the number of namespaces that is reached, as "user.max_net_namespaces is 0".
std::string limits(LabStep step, const SystemState& surroundings) {
  std::string text;
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    text += (text.empty() ? "" : ", ") + ("user." + std::string(name)) + " is " + value;
  };
  if (step == LabStep::user_namespace) add("max_user_namespaces", surroundings.max_user_namespaces);
  if (step == LabStep::network_namespace)
    add("max_net_namespaces", surroundings.max_net_namespaces);
  if (step == LabStep::sender_namespaces) {
    add("max_mnt_namespaces", surroundings.max_mnt_namespaces);
    add("max_pid_namespaces", surroundings.max_pid_namespaces);
  }
  return "a limit on namespaces is reached (sysctl): " + text;
}

constexpr const char* for_containers = "in a container: --cap-add SYS_ADMIN --cap-add NET_ADMIN "
                                       "--cap-add NET_RAW and, where a profile forbids mounts, "
                                       "--security-opt apparmor=unconfined; or --privileged";

/// What a lab needs of root.
struct Capability {
  unsigned number;
  const char* name;
};
constexpr std::array<Capability, 4> needed = {{{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
                                               {CAP_NET_RAW, "CAP_NET_RAW"},
                                               {CAP_SYS_CHROOT, "CAP_SYS_CHROOT"},
                                               {CAP_SYS_ADMIN, "CAP_SYS_ADMIN"}}};

std::string joined(const std::vector<std::string>& words, std::string_view before_each) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : " ") + std::string(before_each) + word;
  return text;
}

/// Root may do it, but for what the container takes away.
std::string of_root(const SystemState& surroundings) {
  if (!surroundings.lacking.empty()) {
    std::vector<std::string> without_prefix;
    for (const std::string& name : surroundings.lacking)
      without_prefix.push_back(name.substr(std::string_view("CAP_").size()));
    return "root lacks " + joined(surroundings.lacking, "") +
           " here; in a container: " + joined(without_prefix, "--cap-add ");
  }
  if (!surroundings.profile.empty())
    return "AppArmor's profile " + surroundings.profile +
           " forbids it; in a container: --security-opt apparmor=unconfined";
  if (surroundings.filtered)
    return "a filter of system calls (seccomp) forbids it; in a container: --security-opt "
           "seccomp=unconfined";
  return "root has the capabilities, but a security module of the kernel forbids it; in a "
         "container: --security-opt label=disable (SELinux), or --privileged";
}

std::string of_permission(const SystemState& surroundings) {
  if (surroundings.root) return of_root(surroundings);
  if (surroundings.unprivileged_userns_clone == "0")
    return "sysctl kernel.unprivileged_userns_clone is 0: set it to 1, or run as root";
  if (surroundings.apparmor_restrict_unprivileged_userns == "1")
    return "sysctl kernel.apparmor_restrict_unprivileged_userns is 1: set it to 0, give tempfail "
           "an AppArmor profile "
           "with \"userns,\", or run as root";
  if (surroundings.container)
    return std::string(
               "the container's filter of system calls (seccomp) forbids it; --security-opt "
               "seccomp=unconfined, or run as root with its capabilities; ") +
           for_containers;
  return "namespaces are not allowed to this user; run as root";
}

std::string hint(LabStep step, int error, const SystemState& surroundings) {
  if (error == ENOSPC || error == EUSERS) return limits(step, surroundings);
  if (error == EMFILE || error == ENFILE)
    return "raise the limit (ulimit -n), or run fewer cases side by side (--jobs)";
  if (step == LabStep::cable && (error == EOPNOTSUPP || error == ENODEV))
    return "the kernel has no veth devices: load its module veth (modprobe veth)";
  if (step == LabStep::router && error == EAFNOSUPPORT)
    return "the kernel has no packet sockets: load its module af_packet";
  if (error == EINVAL && step == LabStep::user_namespace)
    return "the kernel has no user namespaces (CONFIG_USER_NS); run as root";
  if (error == EINVAL && step == LabStep::private_mounts)
    return "/ is not a mount point (a chroot?): bind it to itself first (mount --bind DIR DIR)";
  if (error == ENOENT && step == LabStep::bind_file)
    return "it does not exist, but the lab has to mount its own over it: create an empty one";
  if (error != EPERM && error != EACCES) return "";
  if (step == LabStep::proc) {
    constexpr const char* hidden =
        "parts of /proc are hidden here (a container): docker "
        "--security-opt systempaths=unconfined, podman --security-opt unmask=ALL";
    // With all capabilities there would be no need of a user namespace, for which what is hidden counts.
    return surroundings.root && !surroundings.lacking.empty()
               ? of_root(surroundings) + "; or " + hidden
               : hidden;
  }
  return of_permission(surroundings);
}

std::vector<std::string> lacking_now() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  const bool known = ::syscall(SYS_capget, &header, data.data()) == 0;
  std::vector<std::string> lacking;
  for (const Capability& one : needed)
    if (!known || ((data[0].effective >> one.number) & 1U) == 0) lacking.emplace_back(one.name);
  return lacking;
}

void look_at_privileges(SystemState& result) {
  result.lacking = lacking_capabilities();
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line))
    if (line.starts_with("Seccomp:")) result.filtered = line.back() == '2';
  std::ifstream profile("/proc/self/attr/apparmor/current");
  if (!profile) profile.open("/proc/self/attr/current");
  std::getline(profile, result.profile);
  if (!result.profile.ends_with("(enforce)")) result.profile.clear();
}

} // namespace

const std::vector<std::string>& lacking_capabilities() {
  static const std::vector<std::string> lacking = lacking_now();
  return lacking;
}

SystemState read_system_state() {
  SystemState result;
  // In a user namespace of our own everybody is root; then the map's second column is somebody else.
  std::ifstream map("/proc/self/uid_map");
  unsigned long inside = 0;
  unsigned long outside = 0;
  result.root = ::geteuid() == 0 && map >> inside >> outside && inside == outside;
  result.container = ::access("/.dockerenv", F_OK) == 0 ||
                     ::access("/run/.containerenv", F_OK) == 0 || ::getenv("container") != nullptr;
  result.unprivileged_userns_clone = first_word_of("/proc/sys/kernel/unprivileged_userns_clone");
  result.apparmor_restrict_unprivileged_userns =
      first_word_of("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
  result.max_user_namespaces = first_word_of("/proc/sys/user/max_user_namespaces");
  result.max_net_namespaces = first_word_of("/proc/sys/user/max_net_namespaces");
  result.max_pid_namespaces = first_word_of("/proc/sys/user/max_pid_namespaces");
  result.max_mnt_namespaces = first_word_of("/proc/sys/user/max_mnt_namespaces");
  look_at_privileges(result);
  return result;
}

std::string what_is_missing(LabStep step, int error, const std::string& detail,
                            const SystemState& surroundings) {
  std::string text = call_of(step);
  if (!detail.empty()) text += " (" + detail + ")";
  text += ": " + std::generic_category().message(error);
  const std::string more = hint(step, error, surroundings);
  return more.empty() ? text : text + ": " + more;
}

void throw_unavailable(LabStep step, int error, const std::string& detail) {
  throw Unavailable(what_is_missing(step, error, detail, read_system_state()));
}

} // namespace tempfail::lab
