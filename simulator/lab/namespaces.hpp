// Namespaces as descriptors, and visits to them.
#pragma once

#include <utility>

#include <sys/types.h>

namespace tempfail::lab {

/// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  int get() const { return fd_; }
  void close();

 private:
  int fd_ = -1;
};

/// A new network namespace: it has a loopback device that is down, and nothing else. Throws Unavailable.
Descriptor make_network_namespace();

/// This thread is in another namespace as long as it lives. Others of the process are not. A way back that fails ends
/// the process: nothing of it may go on in the wrong network.
class NamespaceVisit {
 public:
  /// Of a network. Throws Unavailable.
  explicit NamespaceVisit(int network_namespace);
  ~NamespaceVisit();
  NamespaceVisit(const NamespaceVisit&) = delete;
  NamespaceVisit& operator=(const NamespaceVisit&) = delete;

 private:
  Descriptor home_;
};

/// As fork(): but the child has a process number in another namespace. -1 with errno when it fails.
pid_t fork_in(int process_namespace);

} // namespace tempfail::lab
