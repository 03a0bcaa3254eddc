// Keeps the router of a lab at work.
#pragma once

#include <memory>

namespace boost::asio {
class io_context;
}
namespace tempfail::lab {
class Lab;
}
namespace tempfail::net {
class Server;
}

namespace tempfail::cli {

/// Answers for addresses where nobody is as long as it lives, and tells the server what its hosts refuse, up to the
/// last. It ends before both.
class LabWatch {
 public:
  LabWatch(boost::asio::io_context& context, lab::Lab& lab, net::Server& server);
  ~LabWatch();
  LabWatch(const LabWatch&) = delete;
  LabWatch& operator=(const LabWatch&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace tempfail::cli
