// Waits for the router's socket.
#include "cli/lab_watch.hpp"

#include "lab/lab.hpp"
#include "net/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace tempfail::cli {

namespace asio = boost::asio;

struct LabWatch::Impl : std::enable_shared_from_this<LabWatch::Impl> {
  Impl(asio::io_context& context, lab::Lab& the_lab, net::Server& the_server)
      : lab(the_lab), server(the_server), socket(context, the_lab.watch_descriptor()) {}

  void look() {
    lab.watch([this](const lab::RefusedAttempt& at) { server.count_refused(at.address, at.port); });
  }

  void wait() {
    socket.async_wait(asio::posix::stream_descriptor::wait_read,
                      [self = shared_from_this()](boost::system::error_code error) {
                        if (error || self->ended) return;
                        self->look();
                        self->wait();
                      });
  }

  lab::Lab& lab;
  net::Server& server;
  asio::posix::stream_descriptor socket;
  bool ended = false;
};

LabWatch::LabWatch(asio::io_context& context, lab::Lab& lab, net::Server& server)
    : impl_(std::make_shared<Impl>(context, lab, server)) {
  impl_->wait();
}

LabWatch::~LabWatch() {
  impl_->look();
  impl_->ended = true;
  impl_->socket.release(); // it is the lab's
}

} // namespace tempfail::cli
