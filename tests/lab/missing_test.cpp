// The sentences that say why there is no lab.
#include "lab/missing.hpp"
#include "support/catch.hpp"

#include <cerrno>

using namespace tempfail::lab;

namespace {

bool says(const std::string& text, const std::string& words) {
  CAPTURE(text);
  return text.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("call_and_error_come_first") {
  CHECK(what_is_missing(LabStep::user_namespace, EPERM, "", {}) ==
        "unshare(CLONE_NEWUSER): Operation not permitted: namespaces are not allowed to this user; "
        "run as root");
  CHECK(what_is_missing(LabStep::address, EEXIST, "192.0.2.1", {}) ==
        "addresses and routes (192.0.2.1): File exists");
}

TEST_CASE("the_setting_that_forbids_it_is_named") {
  SystemState debian;
  debian.unprivileged_userns_clone = "0";
  CHECK(says(what_is_missing(LabStep::user_namespace, EPERM, "", debian),
             "kernel.unprivileged_userns_clone is 0"));
  SystemState ubuntu;
  ubuntu.unprivileged_userns_clone = "1";
  ubuntu.apparmor_restrict_unprivileged_userns = "1";
  CHECK(says(what_is_missing(LabStep::map_users, EACCES, "/proc/self/uid_map", ubuntu),
             "kernel.apparmor_restrict_unprivileged_userns is 1"));
  SystemState limited;
  limited.max_net_namespaces = "0";
  CHECK(says(what_is_missing(LabStep::network_namespace, ENOSPC, "", limited),
             "user.max_net_namespaces is 0"));
}

TEST_CASE("containers_are_told_their_options") {
  SystemState root;
  root.root = true;
  root.filtered = true;
  CHECK(says(what_is_missing(LabStep::network_namespace, EPERM, "", root), "seccomp=unconfined"));
  root.profile = "docker-default (enforce)";
  CHECK(says(what_is_missing(LabStep::private_mounts, EACCES, "", root),
             "profile docker-default (enforce) forbids it; in a container: --security-opt "
             "apparmor=unconfined"));
  root.lacking = {"CAP_NET_RAW", "CAP_SYS_ADMIN"};
  CHECK(says(what_is_missing(LabStep::network_namespace, EPERM, "", root),
             "root lacks CAP_NET_RAW CAP_SYS_ADMIN here; in a container: --cap-add NET_RAW "
             "--cap-add SYS_ADMIN"));
  SystemState container;
  container.container = true;
  CHECK(
      says(what_is_missing(LabStep::user_namespace, EPERM, "", container), "--cap-add SYS_ADMIN"));
  CHECK(says(what_is_missing(LabStep::proc, EPERM, "", root),
             "--cap-add SYS_ADMIN; or parts of /proc are hidden here"));
  root.lacking.clear();
  CHECK(what_is_missing(LabStep::proc, EPERM, "", root) ==
        "mount(proc): Operation not permitted: parts of /proc are hidden here (a container): "
        "docker --security-opt systempaths=unconfined, podman --security-opt unmask=ALL");
}

TEST_CASE("descriptors_run_out") {
  CHECK(says(what_is_missing(LabStep::enter, EMFILE, "", {}), "--jobs"));
}

TEST_CASE("what_a_kernel_lacks") {
  CHECK(says(what_is_missing(LabStep::cable, EOPNOTSUPP, "", {}), "modprobe veth"));
  CHECK(says(what_is_missing(LabStep::user_namespace, EINVAL, "", {}), "CONFIG_USER_NS"));
  CHECK(says(what_is_missing(LabStep::private_mounts, EINVAL, "", {}), "not a mount point"));
  CHECK(says(what_is_missing(LabStep::bind_file, ENOENT, "/etc/resolv.conf", {}),
             "create an empty one"));
}
