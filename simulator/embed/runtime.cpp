// Starts the thread, and ends it.
#include "embed/runtime.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <mutex>
#include <thread>

namespace tempfail::embed {

struct Runtime::Impl {
  boost::asio::io_context loop{1};
  boost::asio::thread_pool workers{2}; ///< judge
  control::ControlContext surroundings{loop, workers, {}, TEMPFAIL_VERSION};
  control::Scenarios scenarios{scenario::Catalogue::load({}), surroundings.limits};
  control::Servers servers{surroundings, scenarios, net::ServerSettings(), std::nullopt};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> busy{
      loop.get_executor()};
  std::thread thread{[this] { loop.run(); }};
};

Runtime::Runtime() : impl_(std::make_unique<Impl>()) {}

Runtime::~Runtime() {
  post([this] { impl_->servers.close([this] { impl_->loop.stop(); }); });
  impl_->thread.join();
  impl_->workers.join();
}

void Runtime::post(std::function<void()> work) {
  boost::asio::post(impl_->loop, std::move(work));
}

control::Scenarios& Runtime::scenarios() {
  return impl_->scenarios;
}

control::Servers& Runtime::servers() {
  return impl_->servers;
}

std::shared_ptr<Runtime> Runtime::get() {
  static std::mutex mutex;
  static std::weak_ptr<Runtime> current;
  const std::lock_guard lock(mutex);
  std::shared_ptr<Runtime> runtime = current.lock();
  if (!runtime) current = runtime = std::make_shared<Runtime>();
  return runtime;
}

} // namespace tempfail::embed
