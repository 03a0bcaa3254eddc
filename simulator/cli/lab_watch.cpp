// Waits for the router's socket.
#include "cli/lab_watch.hpp"

#include "lab/lab.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace tempfail::cli {

namespace asio = boost::asio;

struct LabWatch::Impl : std::enable_shared_from_this<LabWatch::Impl> {
  Impl(asio::io_context& context, lab::Lab& the_lab, std::function<void(const lab::Try&)> handler)
      : lab(the_lab), tried(std::move(handler)), socket(context, the_lab.watch_descriptor()) {}

  void wait() {
    socket.async_wait(asio::posix::stream_descriptor::wait_read,
                      [self = shared_from_this()](boost::system::error_code error) {
                        if (error || self->ended) return;
                        self->lab.watch(self->tried);
                        self->wait();
                      });
  }

  lab::Lab& lab;
  std::function<void(const lab::Try&)> tried;
  asio::posix::stream_descriptor socket;
  bool ended = false;
};

LabWatch::LabWatch(asio::io_context& context, lab::Lab& lab,
                   std::function<void(const lab::Try&)> tried)
    : impl_(std::make_shared<Impl>(context, lab, std::move(tried))) {
  impl_->wait();
}

LabWatch::~LabWatch() {
  impl_->ended = true;
  impl_->socket.release(); // it is the lab's
}

} // namespace tempfail::cli
