// Starts the thread, and ends it.
#include "embed/runtime.hpp"

#include <mutex>

namespace tempfail::embed {

Runtime::Runtime()
    : surroundings_{loop_, workers_, {}, TEMPFAIL_VERSION},
      scenarios_(scenario::Catalogue::load({}), surroundings_.limits),
      servers_(surroundings_, scenarios_, net::Settings(), std::nullopt),
      busy_(boost::asio::make_work_guard(loop_)), thread_([this] { loop_.run(); }) {}

Runtime::~Runtime() {
  boost::asio::post(loop_, [this] { servers_.close([this] { loop_.stop(); }); });
  thread_.join();
  workers_.join();
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
