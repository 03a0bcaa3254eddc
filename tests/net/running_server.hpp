// A net::Server that runs in a thread of its own while the test is its client.
#pragma once

#include "journal/recorder.hpp"
#include "net/clock.hpp"
#include "net/server.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tempfail::test {

/// Keeps the encoded journal where the test's thread can read it, flushed part only.
class SharedRecorder final : public journal::Recorder {
 public:
  void record(const journal::Event& event) override;
  void flush() override;
  /// What has been flushed.
  std::string flushed() const;
  /// Waits until the flushed part contains `text`; false at the deadline.
  bool wait_for(std::string_view text) const;
  /// Called in flush(), before it is visible, on the server's thread.
  std::function<void()> before_flush;

 private:
  std::string pending_;
  std::string flushed_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
};

class RunningServer {
 public:
  enum class Time { real, manual };

  explicit RunningServer(net::ServerSettings settings = {}, Time time = Time::real);
  ~RunningServer();
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  /// The port of a new scenario called `name`.
  std::uint16_t serve(const std::string& name = "test", scenario::Server server = {});
  /// Runs on the server's thread and waits for it.
  void run(const std::function<void(net::Server&)>& action);
  /// Manual time.
  void advance(Duration by);
  /// Asks the server to stop and waits until it has.
  void stop();
  /// Waits until `condition` holds on the server's thread; false at the deadline.
  bool wait_until(const std::function<bool(net::Server&)>& condition);

  SharedRecorder& journal() { return journal_; }
  std::vector<std::string> reports();

 private:
  struct Loop;
  SharedRecorder journal_;
  std::mutex reports_mutex_;
  std::vector<std::string> reports_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<net::Clock> clock_;
  net::ManualClock* manual_ = nullptr;
  std::unique_ptr<net::Server> server_;
  std::thread thread_;
};

} // namespace tempfail::test
