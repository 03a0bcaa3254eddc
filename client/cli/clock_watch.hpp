// Notices when the time of day is set, by a person, by a time server or after the machine has slept.
#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace tempfail::client {

/// Watches as long as it lives.
class ClockWatch {
 public:
  virtual ~ClockWatch() = default;
};

/// Calls back when the time of day has made a jump. Throws std::runtime_error when the system can't tell.
std::unique_ptr<ClockWatch> watch_time_of_day(boost::asio::io_context& context,
                                              std::function<void()> jumped);

} // namespace tempfail::client
