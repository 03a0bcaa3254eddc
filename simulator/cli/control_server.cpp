// Accepts control connections and answers their lines in order.
#include "cli/control_server.hpp"

#include "cli/control_protocol.hpp"
#include "cli/error.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace tempfail::cli {

namespace asio = boost::asio;
using boost::system::error_code;
using Local = asio::local::stream_protocol;

namespace {

/// One client of the control socket.
class ControlConnection : public std::enable_shared_from_this<ControlConnection> {
 public:
  using Ended = std::function<void(const std::shared_ptr<ControlConnection>&)>;

  ControlConnection(Local::socket socket, control::ManagedServerPtr server,
                    const control::Limits& limits, Ended ended)
      : socket_(std::move(socket)), server_(std::move(server)), limits_(limits),
        ended_(std::move(ended)) {}

  void read() {
    asio::async_read_until(socket_, asio::dynamic_buffer(input_, control_line_limit), '\n',
                           [self = shared_from_this()](error_code error, std::size_t size) {
                             self->line_read(error, size);
                           });
  }
  void close() {
    server_ = nullptr;
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  void line_read(error_code error, std::size_t size) {
    if (server_ == nullptr) return;
    if (error) { // a line that never ends, or the client is gone
      ended_(shared_from_this());
      return;
    }
    std::string line = input_.substr(0, size - 1);
    input_.erase(0, size);
    if (line.ends_with('\r')) line.pop_back();
    answer_control(line, *server_, limits_, [weak = weak_from_this()](std::string answer) {
      if (const auto self = weak.lock()) self->say(std::move(answer));
    });
  }

  void say(std::string answer) {
    if (server_ == nullptr) return;
    output_ = std::move(answer) + '\n';
    asio::async_write(socket_, asio::buffer(output_),
                      [self = shared_from_this()](error_code failed, std::size_t) {
                        if (self->server_ == nullptr) return;
                        if (failed)
                          self->ended_(self);
                        else
                          self->read();
                      });
  }

  Local::socket socket_;
  control::ManagedServerPtr server_; ///< null: closed
  const control::Limits& limits_;
  Ended ended_;
  std::string input_;
  std::string output_;
};

/// Removes a socket that nobody listens on any more.
void remove_stale(asio::io_context& context, const std::filesystem::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return;
  if (!S_ISSOCK(info.st_mode))
    throw CannotRun("control socket " + path.string() + ": the file is not a socket");
  Local::socket probe(context);
  error_code error;
  probe.connect(Local::endpoint(path.string()), error);
  if (!error)
    throw CannotRun("control socket " + path.string() + ": another program is listening there");
  ::unlink(path.c_str());
}

} // namespace

struct ControlServer::Impl : std::enable_shared_from_this<ControlServer::Impl> {
  Impl(asio::io_context& context, std::filesystem::path where, control::ManagedServerPtr steered,
       const control::Limits& the_limits)
      : path(std::move(where)), server(std::move(steered)), limits(the_limits), acceptor(context),
        pause(context) {}

  void listen(asio::io_context& context) {
    if (path.string().size() > 100)
      throw CannotRun("control socket " + path.string() +
                      ": the path is too long for a Unix socket");
    remove_stale(context, path);
    const mode_t mask = ::umask(0177);
    error_code error;
    acceptor.open(Local(), error);
    if (!error) acceptor.bind(Local::endpoint(path.string()), error);
    ::umask(mask);
    if (!error) {
      bound = true;
      acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) throw CannotRun("control socket " + path.string() + ": " + error.message());
  }

  void accept() {
    acceptor.async_accept([self = shared_from_this()](error_code error, Local::socket socket) {
      if (!self->acceptor.is_open()) return;
      if (error && self->spare >= 0) { // out of descriptors, but for this one
        ::close(std::exchange(self->spare, -1));
        self->accept();
        return;
      }
      if (error) { // try again a little later
        self->pause.expires_after(std::chrono::milliseconds(200));
        self->pause.async_wait([self](error_code cancelled) {
          if (!cancelled) self->accept();
        });
        return;
      }
      const auto connection = std::make_shared<ControlConnection>(
          std::move(socket), self->server, self->limits,
          [self](const std::shared_ptr<ControlConnection>& gone) {
            gone->close(); // its descriptor is the next spare one, before a session takes it
            self->connections.erase(gone);
            self->keep_spare();
          });
      self->connections.insert(connection);
      connection->read();
      self->accept();
    });
  }

  /// Sessions may take all descriptors that there are; whoever wants to know why gets this one.
  void keep_spare() {
    if (spare < 0) spare = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }

  void close() {
    error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
    for (const auto& connection : connections)
      connection->close();
    connections.clear();
    server = nullptr;
    if (bound) ::unlink(path.c_str());
    bound = false;
    if (spare >= 0) ::close(std::exchange(spare, -1));
  }

  std::filesystem::path path;
  control::ManagedServerPtr server;
  const control::Limits& limits;
  Local::acceptor acceptor;
  asio::steady_timer pause;
  std::set<std::shared_ptr<ControlConnection>> connections;
  bool bound = false;
  int spare = -1; ///< a descriptor that is kept for a connection
};

ControlServer::ControlServer(asio::io_context& context, const std::filesystem::path& path,
                             control::ManagedServerPtr server, const control::Limits& limits)
    : impl_(std::make_shared<Impl>(context, path, std::move(server), limits)) {
  impl_->listen(context);
  impl_->keep_spare();
  impl_->accept();
}

ControlServer::~ControlServer() {
  impl_->close();
}

} // namespace tempfail::cli
