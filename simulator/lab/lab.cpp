// Makes both sides and the cable between them.
#include "lab/lab.hpp"

#include "lab/first_process.hpp"
#include "lab/missing.hpp"
#include "lab/namespaces.hpp"
#include "lab/netlink.hpp"
#include "lab/router.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sched.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tempfail::lab {

namespace {

constexpr const char* simulator_device = "senders";
constexpr const char* sender_device = "eth0";

void check(int error, LabStep step, std::string_view what) {
  if (error != 0) throw_unavailable(step, error, std::string(what));
}

/// Errors of a kernel that has no IPv6, or has it turned off.
bool means_no_ipv6(int error) {
  return error == EAFNOSUPPORT || error == EOPNOTSUPP || error == EACCES || error == EPERM;
}

Descriptor open_namespace(pid_t pid, const char* name) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  Descriptor found(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (found.get() < 0) throw_unavailable(LabStep::enter, errno, path);
  return found;
}

} // namespace

struct Lab::Impl {
  explicit Impl(const SenderSettings& settings)
      : simulator(make_network_namespace()), sender(make_network_namespace()) {
    const std::vector<Overlay> overlays = overlays_for(settings);
    make_simulator_side();
    make_sender_side();
    first.emplace(sender.get(), settings.host_name, overlays);
    const pid_t pid = first->pid();
    mounts = open_namespace(pid, "ns/mnt");
    host_name = open_namespace(pid, "ns/uts");
    ipc = open_namespace(pid, "ns/ipc");
    processes = open_namespace(pid, "ns/pid");
    root = open_namespace(pid, "root");
  }

  void make_simulator_side() {
    const NamespaceVisit there(simulator.get());
    Netlink netlink;
    check(netlink.add_cable(simulator_device, sender_device, sender.get()), LabStep::cable, "");
    check(netlink.turn_on("lo"), LabStep::address, "lo");
    check(netlink.turn_on(simulator_device), LabStep::address, simulator_device);
    check(netlink.add_address(simulator_device, gateway_ipv4, cable_prefix_ipv4), LabStep::address,
          gateway_ipv4);
    const int error = netlink.add_address(simulator_device, gateway_ipv6, cable_prefix_ipv6);
    ipv6 = error == 0;
    if (!means_no_ipv6(error)) check(error, LabStep::address, gateway_ipv6);
    if (ipv6) check(netlink.drop_other_ipv6(), LabStep::address, "::/0");
    router.emplace(simulator_device);
    router->add_host(gateway_ipv4);
    router->add_host(gateway_ipv6);
    add_host(netlink, name_server_ipv4);
  }

  static int width_of(std::string_view address) {
    return address.find(':') == std::string_view::npos ? 32 : 128;
  }

  void add_host(Netlink& netlink, std::string_view address) {
    check(netlink.add_address("lo", address, width_of(address)), LabStep::address, address);
    router->add_host(address);
  }

  void give_back(Netlink& netlink, std::string_view address) {
    const int error = netlink.add_address("lo", address, width_of(address));
    if (error != EEXIST) check(error, LabStep::address, address); // it was never cut off
    router->add_host(address);
  }

  /// The kernel must not answer for it meanwhile, so it is not the simulator's either.
  void cut_off(Netlink& netlink, std::string_view address, Unreachability unreachability) {
    router->cut_off(address, unreachability);
    const int error = netlink.remove_address("lo", address, width_of(address));
    if (error != EADDRNOTAVAIL) check(error, LabStep::address, address); // it was cut off before
  }

  void make_sender_side() const {
    const NamespaceVisit there(sender.get());
    Netlink netlink;
    check(netlink.turn_on("lo"), LabStep::address, "lo");
    check(netlink.turn_on(sender_device), LabStep::address, sender_device);
    check(netlink.add_address(sender_device, sender_ipv4, cable_prefix_ipv4), LabStep::address,
          sender_ipv4);
    check(netlink.add_default_route(sender_device, gateway_ipv4), LabStep::address, gateway_ipv4);
    if (!ipv6) return;
    check(netlink.add_address(sender_device, sender_ipv6, cable_prefix_ipv6), LabStep::address,
          sender_ipv6);
    check(netlink.add_default_route(sender_device, gateway_ipv6), LabStep::address, gateway_ipv6);
  }

  Descriptor simulator; ///< network
  Descriptor sender;    ///< network
  std::optional<Router> router;
  bool ipv6 = false;
  std::optional<FirstProcess> first;
  Descriptor mounts;
  Descriptor host_name;
  Descriptor ipc;
  Descriptor processes;
  Descriptor root; ///< its root directory: setns forgets a chroot
};

SenderSettings Lab::default_settings() {
  return {std::string(sender_name), std::string(name_server_ipv4), ""};
}

Lab::Lab(const SenderSettings& settings) : impl_(std::make_unique<Impl>(settings)) {}

Lab::~Lab() = default;

int Lab::network_namespace() const {
  return impl_->simulator.get();
}

void Lab::add_host(std::string_view address) {
  const NamespaceVisit there(network_namespace());
  Netlink netlink;
  impl_->add_host(netlink, address);
}

void Lab::set_unreachable(std::string_view address, std::optional<Unreachability> unreachability) {
  const NamespaceVisit there(network_namespace());
  Netlink netlink;
  if (unreachability)
    impl_->cut_off(netlink, address, *unreachability);
  else
    impl_->give_back(netlink, address);
}

int Lab::watch_descriptor() const {
  return impl_->router->descriptor();
}

void Lab::watch(const std::function<void(const RefusedAttempt&)>& refused) {
  impl_->router->answer(refused);
}

void Lab::end_sender() {
  impl_->first.reset();
}

bool Lab::has_ipv6() const {
  return impl_->ipv6;
}

pid_t Lab::first_process() const {
  return impl_->first->pid();
}

pid_t Lab::fork() const {
  return fork_in(impl_->processes.get());
}

int Lab::enter(const char* directory) const noexcept {
  const std::array<std::pair<int, int>, 4> namespaces = {{{impl_->sender.get(), CLONE_NEWNET},
                                                          {impl_->host_name.get(), CLONE_NEWUTS},
                                                          {impl_->ipc.get(), CLONE_NEWIPC},
                                                          {impl_->mounts.get(), CLONE_NEWNS}}};
  for (const auto& [fd, kind] : namespaces)
    if (::setns(fd, kind) != 0) return errno;
  const bool moved =
      ::fchdir(impl_->root.get()) == 0 && ::chroot(".") == 0 && ::chdir(directory) == 0;
  return moved ? 0 : errno;
}

} // namespace tempfail::lab
