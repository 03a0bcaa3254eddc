// Reads queries, writes answers; bounded by what a client may leave unread.
#include "net/name_connection.hpp"

#include <boost/asio/write.hpp>

#include <utility>

namespace tempfail::net {

namespace {

namespace asio = boost::asio;

constexpr std::size_t length_size = 2;
/// Answers that wait for a client that does not read; one more ends the connection.
constexpr std::size_t max_waiting = std::size_t{1} << 20U;

std::size_t length_of(std::string_view bytes) {
  return static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) << 8U |
         static_cast<unsigned char>(bytes[1]);
}

} // namespace

NameConnection::NameConnection(asio::ip::tcp::socket socket, std::chrono::seconds idle,
                               Handlers handlers)
    : socket_(std::move(socket)), idle_timer_(socket_.get_executor()), idle_(idle),
      handlers_(std::move(handlers)) {
  boost::system::error_code error;
  const auto peer = socket_.remote_endpoint(error);
  if (!error) client_ = peer.address().to_string();
}

void NameConnection::start() {
  watch();
  read();
}

void NameConnection::watch() {
  idle_timer_.expires_after(idle_);
  idle_timer_.async_wait([self = weak_from_this()](boost::system::error_code error) {
    if (const auto it = self.lock(); it && !error) it->end();
  });
}

void NameConnection::read() {
  socket_.async_read_some(
      asio::buffer(buffer_),
      [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
        if (error || self->ended_) return self->end();
        self->input_.append(self->buffer_.data(), size);
        self->take();
      });
}

void NameConnection::take() {
  while (!ended_ && input_.size() >= length_size &&
         input_.size() - length_size >= length_of(input_)) {
    const std::string query = input_.substr(length_size, length_of(input_));
    input_.erase(0, length_size + query.size());
    watch();
    handlers_.asked(shared_from_this(), query);
  }
  if (!ended_) read();
}

bool NameConnection::send(std::string_view answer) {
  if (ended_ || waiting_.size() > max_waiting) {
    end();
    return false;
  }
  waiting_ += static_cast<char>(answer.size() >> 8U);
  waiting_ += static_cast<char>(answer.size() & 0xFFU);
  waiting_ += answer;
  if (writing_.empty()) write();
  return true;
}

void NameConnection::write() {
  writing_ = std::exchange(waiting_, {});
  asio::async_write(socket_, asio::buffer(writing_),
                    [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                      self->writing_.clear();
                      if (error) return self->end();
                      if (!self->waiting_.empty() && !self->ended_) self->write();
                    });
}

void NameConnection::reset() {
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  end();
}

void NameConnection::close() {
  handlers_.ended = nullptr;
  end();
}

void NameConnection::end() {
  if (std::exchange(ended_, true)) return;
  boost::system::error_code ignored;
  socket_.close(ignored);
  idle_timer_.cancel();
  if (handlers_.ended) handlers_.ended(shared_from_this());
}

} // namespace tempfail::net
