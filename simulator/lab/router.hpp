// The simulator's end of the cable as a router: it answers what goes to addresses where nobody is, and sees what
// hosts refuse. The kernel could answer too, but it answers two at once and then one in two seconds.
#pragma once

#include "lab/frames.hpp"
#include "lab/namespaces.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace tempfail::lab {

class Router {
 public:
  /// Listens on a device of the network namespace that the thread is in. Throws Unavailable.
  explicit Router(std::string_view device);

  /// The kernel answers for this address.
  void add_host(std::string_view address);
  /// The router answers for a host's address, until it is added again.
  void cut_off(std::string_view address, Unreachability unreachability);

  /// Readable when something was tried.
  int descriptor() const { return socket_.get(); }
  /// Answers what was tried since the last time, and tells what was refused by hosts, and on the way to them.
  void answer(const std::function<void(const RefusedAttempt&)>& refused);

 private:
  void answer_one(Bytes frame, const std::function<void(const RefusedAttempt&)>& refused) const;

  Descriptor socket_;
  std::set<std::string, std::less<>> hosts_;
  std::map<std::string, Unreachability, std::less<>> cut_off_; ///< hosts that can't be reached now
};

/// What becomes of packets to an address where no host is: as the plan says, and the network is unreachable elsewhere.
Unreachability unreachability_of(std::string_view address);

} // namespace tempfail::lab
