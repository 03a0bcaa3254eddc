// A net::Server in a thread of its own.
#include "net/running_server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <future>
#include <utility>

namespace tempfail::test {

namespace {

constexpr auto deadline = std::chrono::seconds(60);

} // namespace

void SharedRecorder::record(const journal::Event& event) {
  journal::encode(event, next_sequence(), pending_);
}

void SharedRecorder::flush() {
  if (before_flush) before_flush();
  const std::lock_guard lock(mutex_);
  flushed_ += std::exchange(pending_, {});
  changed_.notify_all();
}

std::string SharedRecorder::flushed() const {
  const std::lock_guard lock(mutex_);
  return flushed_;
}

bool SharedRecorder::wait_for(std::string_view text) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, deadline,
                           [&] { return flushed_.find(text) != std::string::npos; });
}

struct RunningServer::Loop {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      context.get_executor()};
};

RunningServer::RunningServer(net::ServerSettings settings, Time time)
    : loop_(std::make_unique<Loop>()) {
  if (time == Time::manual) {
    auto manual = net::make_manual_clock();
    manual_ = manual.get();
    clock_ = std::move(manual);
  } else {
    clock_ = net::make_scaled_clock(loop_->context, 1.0);
  }
  server_ = std::make_unique<net::Server>(loop_->context, *clock_, journal_, std::move(settings),
                                          [this](const std::string& text) {
                                            const std::lock_guard lock(reports_mutex_);
                                            reports_.push_back(text);
                                          });
  thread_ = std::thread([this] { loop_->context.run(); });
}

RunningServer::~RunningServer() {
  run([this](net::Server&) { server_.reset(); });
  loop_->work.reset();
  loop_->context.stop();
  thread_.join();
}

std::uint16_t RunningServer::serve(const std::string& name, scenario::Server server) {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->name = name;
  scenario->family = "test";
  scenario->server = std::move(server);
  std::uint16_t port = 0;
  run([&](net::Server& it) { port = it.serve(scenario, 0).port; });
  return port;
}

void RunningServer::run(const std::function<void(net::Server&)>& action) {
  std::promise<void> done;
  boost::asio::post(loop_->context, [&] {
    try {
      action(*server_);
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  done.get_future().get();
}

void RunningServer::advance(Duration by) {
  run([&](net::Server&) { manual_->advance(by); });
}

void RunningServer::stop() {
  std::promise<void> done;
  run([&](net::Server& server) { server.stop([&] { done.set_value(); }); });
  done.get_future().get();
}

bool RunningServer::wait_until(const std::function<bool(net::Server&)>& condition) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  bool holds = false;
  while (!holds && std::chrono::steady_clock::now() < end)
    run([&](net::Server& server) { holds = condition(server); });
  return holds;
}

std::vector<std::string> RunningServer::reports() {
  const std::lock_guard lock(reports_mutex_);
  return reports_;
}

} // namespace tempfail::test
