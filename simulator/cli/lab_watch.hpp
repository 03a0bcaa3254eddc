// Keeps the router of a lab at work.
#pragma once

#include "lab/frames.hpp"

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}
namespace tempfail::lab {
class Lab;
}

namespace tempfail::cli {

/// Answers for addresses where nobody is as long as it lives. It ends before the lab does.
class LabWatch {
 public:
  /// `tried` is told of every SYN and datagram; may be empty.
  LabWatch(boost::asio::io_context& context, lab::Lab& lab,
           std::function<void(const lab::Try&)> tried);
  ~LabWatch();
  LabWatch(const LabWatch&) = delete;
  LabWatch& operator=(const LabWatch&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

} // namespace tempfail::cli
