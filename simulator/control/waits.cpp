// A list of waits, each with a timer. Their ends are posted, so that nobody is called back from within a call.
#include "control/waits.hpp"

#include "control/refusal.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <utility>

namespace tempfail::control {

namespace asio = boost::asio;

struct Waits::Impl : std::enable_shared_from_this<Waits::Impl> {
  struct Wait {
    explicit Wait(asio::io_context& loop) : timer(loop) {}
    asio::steady_timer timer;
    std::function<bool()> is_ready;
    std::function<void(WaitEnd)> done;
    bool is_held = false;
    bool is_late = false; ///< its time is up
  };

  Impl(asio::io_context& the_loop, std::size_t the_most) : loop(the_loop), most(the_most) {}

  void end(Id id, WaitEnd how) {
    const auto node = waits.extract(id);
    if (node.empty()) return;
    node.mapped()->timer.cancel();
    node.mapped()->done(how);
  }

  void look_at(Id id) {
    const auto found = waits.find(id);
    if (found == waits.end() || found->second->is_held) return;
    if (found->second->is_ready())
      end(id, WaitEnd::ready);
    else if (found->second->is_late)
      end(id, WaitEnd::time_up);
  }

  void time_is_up(Id id) {
    const auto found = waits.find(id);
    if (found == waits.end()) return;
    found->second->is_late = true;
    look_at(id);
  }

  void look() {
    // Whoever is called may wait again, or cancel another.
    std::vector<Id> ids;
    for (const auto& [id, wait] : waits)
      ids.push_back(id);
    for (const Id id : ids)
      look_at(id);
  }

  asio::io_context& loop;
  const std::size_t most;
  std::map<Id, std::unique_ptr<Wait>> waits;
  Id last = 0;
};

Waits::Waits(asio::io_context& loop, std::size_t most)
    : impl_(std::make_shared<Impl>(loop, most)) {}

Waits::~Waits() {
  impl_->waits.clear();
}

Waits::Id Waits::add(std::chrono::milliseconds time, std::function<bool()> is_ready,
                     std::function<void(WaitEnd)> done) {
  if (impl_->waits.size() >= impl_->most)
    throw Refusal(RefusalKind::full, std::to_string(impl_->most) + " already wait for this server");
  const Id id = ++impl_->last;
  auto wait = std::make_unique<Impl::Wait>(impl_->loop);
  wait->is_ready = std::move(is_ready);
  wait->done = std::move(done);
  wait->timer.expires_after(time);
  wait->timer.async_wait([self = std::weak_ptr(impl_), id](boost::system::error_code error) {
    const auto impl = self.lock();
    if (!error && impl) impl->time_is_up(id);
  });
  impl_->waits.emplace(id, std::move(wait));
  asio::post(impl_->loop, [self = std::weak_ptr(impl_), id] {
    if (const auto impl = self.lock()) impl->look_at(id);
  });
  return id;
}

void Waits::hold(Id id) {
  if (const auto found = impl_->waits.find(id); found != impl_->waits.end())
    found->second->is_held = true;
}

void Waits::release(Id id) {
  if (const auto found = impl_->waits.find(id); found != impl_->waits.end())
    found->second->is_held = false;
}

void Waits::cancel(Id id) {
  impl_->waits.erase(id);
}

void Waits::look() {
  impl_->look();
}

void Waits::end_all() {
  while (!impl_->waits.empty())
    impl_->end(impl_->waits.begin()->first, WaitEnd::gone);
}

bool Waits::empty() const {
  return impl_->waits.empty();
}

} // namespace tempfail::control
