// HTTP/1.1 by Boost.Beast: what is too long, too slow or broken never comes to the API.
#include "http/connection.hpp"

#include "http/guard.hpp"
#include "http/problem.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <optional>
#include <utility>

namespace tempfail::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;

namespace {

std::string text_of(beast::string_view text) {
  return {text.data(), text.size()};
}

using Parser = bhttp::request_parser<bhttp::string_body>;

Request request_of(bhttp::request<bhttp::string_body>& message) {
  const auto field = [&message](bhttp::field name) { return text_of(message[name]); };
  Request request;
  request.method = text_of(message.method_string());
  request.target = text_of(message.target());
  request.host = field(bhttp::field::host);
  request.origin = field(bhttp::field::origin);
  request.authorization = field(bhttp::field::authorization);
  request.content_type = field(bhttp::field::content_type);
  request.accept = field(bhttp::field::accept);
  request.last_event_id = text_of(message["Last-Event-ID"]);
  request.body = std::move(message.body());
  return request;
}

/// What is answered to bytes that are no request; nothing: nobody is there to read it.
std::optional<Response> answer_to(const error_code& error) {
  if (error == bhttp::error::header_limit || error == bhttp::error::buffer_overflow)
    return Problem(431, "the header is too long").response();
  if (error == bhttp::error::body_limit) return Problem(413, "the body is too long").response();
  if (error == bhttp::error::end_of_stream || error == bhttp::error::partial_message ||
      error.category() != make_error_code(bhttp::error::bad_method).category())
    return std::nullopt;
  return Problem(400, "the request is not HTTP/1.1: " + error.message()).response();
}

} // namespace

struct Connection::Impl {
  Impl(asio::ip::tcp::socket socket, const ServerSetting& the_setting, Api& the_api,
       Ended the_ended)
      : stream(std::move(socket)), buffer(the_setting.limits.header + std::size_t{1}),
        setting(&the_setting), api(&the_api), ended(std::move(the_ended)) {}

  using Self = std::shared_ptr<Connection>;

  void read(const Self& self) {
    parser.emplace();
    parser->header_limit(setting->limits.header);
    parser->body_limit(setting->limits.body);
    stream.expires_after(setting->limits.idle);
    bhttp::async_read_header(stream, buffer, *parser, [this, self](error_code error, std::size_t) {
      if (closed) return;
      if (error) return bad_request(self, error);
      if (beast::iequals(parser->get()[bhttp::field::expect], "100-continue"))
        return ask_for_body(self);
      read_body(self);
    });
  }

  void ask_for_body(const Self& self) {
    static const std::string text = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream, asio::buffer(text), [this, self](error_code error, std::size_t) {
      if (closed) return;
      if (error) return end(self);
      read_body(self);
    });
  }

  void read_body(const Self& self) {
    bhttp::async_read(stream, buffer, *parser, [this, self](error_code error, std::size_t) {
      if (closed) return;
      if (error) return bad_request(self, error);
      take(self);
    });
  }

  void bad_request(const Self& self, error_code error) {
    auto response = answer_to(error);
    if (!response) return end(self);
    api->count_refused();
    keep_alive = false;
    send(self, std::move(*response));
  }

  void take(const Self& self) {
    bhttp::request<bhttp::string_body> message = parser->release();
    keep_alive = message.keep_alive();
    is_head = message.method() == bhttp::verb::head;
    request = request_of(message);
    try {
      guard(request, {setting->address, setting->token});
    } catch (const Problem& problem) {
      api->count_refused();
      return send(self, problem.response());
    }
    answered = false;
    cancel = api->handle(request, [this, weak = std::weak_ptr(self)](Response response) {
      const Self still = weak.lock();
      if (!still || closed || std::exchange(answered, true)) return;
      cancel = nullptr;
      send(still, std::move(response));
    });
    if (answered)
      cancel = nullptr;
    else
      watch(self);
  }

  /// A client that leaves waits no more. One that has sent its next request already stays unwatched.
  void watch(const Self& self) {
    stream.expires_never();
    stream.socket().async_wait(asio::ip::tcp::socket::wait_read, [this, self](error_code error) {
      if (closed || answered || error) return;
      char byte = 0;
      const auto count = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
      if (count > 0) return;
      if (const CancelCallback stop = std::exchange(cancel, nullptr)) stop();
      answered = true;
      end(self);
    });
  }

  void send(const Self& self, Response response) {
    error_code ignored;
    stream.socket().cancel(ignored); // the watch
    stream.expires_after(setting->limits.idle);
    if (response.stream) return begin_stream(self, std::move(response));
    auto message = std::make_shared<bhttp::response<bhttp::string_body>>();
    message->version(11);
    message->result(static_cast<unsigned>(response.status));
    message->reason(beast::string_view(reason_of(response.status)));
    if (!response.content_type.empty())
      message->set(bhttp::field::content_type, response.content_type);
    message->set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : response.headers)
      message->set(name, value);
    message->keep_alive(keep_alive);
    const std::size_t size = response.body.size();
    if (!is_head) message->body() = std::move(response.body);
    if (response.status != 204) message->content_length(size);
    bhttp::async_write(stream, *message, [this, self, message](error_code error, std::size_t) {
      if (closed) return;
      if (error) return end(self);
      if (!keep_alive) return finish(self);
      read(self);
    });
  }

  /// The end of the connection is the end of the body.
  void begin_stream(const Self& self, Response response) {
    keep_alive = false;
    source = std::move(response.stream);
    output = "HTTP/1.1 200 OK\r\nContent-Type: " + response.content_type +
             "\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n";
    for (const auto& [name, value] : response.headers)
      output += name + ": " + value + "\r\n";
    output += "\r\n";
    write_on(self);
    if (!is_head) watch_stream(self);
  }

  void write_on(const Self& self) {
    stream.expires_after(setting->limits.idle);
    asio::async_write(stream, asio::buffer(output), [this, self](error_code error, std::size_t) {
      if (closed) return;
      if (error) return end(self);
      if (is_head) return finish(self);
      stream.expires_never();
      try {
        source->next([this, self](std::optional<std::string> piece) {
          if (closed) return;
          if (!piece) return finish(self);
          output = std::move(*piece);
          write_on(self);
        });
      } catch (const std::exception&) { // too many wait
        finish(self);
      }
    });
  }

  /// Whatever a client of a stream says ends it: there is no request that could follow.
  void watch_stream(const Self& self) {
    stream.socket().async_wait(asio::ip::tcp::socket::wait_read, [this, self](error_code error) {
      if (!closed && !error) end(self);
    });
  }

  /// FIN first: a client that still sends is to read the answer before it hears of a reset.
  void finish(const Self& self) {
    error_code ignored;
    stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    lingering = 0;
    linger(self);
  }

  void linger(const Self& self) {
    constexpr std::size_t most = std::size_t{64} << 20U; // bytes that are read and dropped
    stream.expires_after(std::chrono::seconds(2));
    rest.resize(std::size_t{64} << 10U);
    stream.async_read_some(asio::buffer(rest), [this, self](error_code error, std::size_t size) {
      if (closed) return;
      lingering += size;
      if (error || lingering > most) return end(self);
      linger(self);
    });
  }

  void end(const Self& self) {
    close();
    if (const Ended call = std::exchange(ended, nullptr)) call(self);
  }

  void close() {
    if (std::exchange(closed, true)) return;
    if (const CancelCallback stop = std::exchange(cancel, nullptr)) stop();
    source.reset();
    error_code ignored;
    stream.socket().close(ignored);
    stream.close();
  }

  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  const ServerSetting* setting;
  Api* api;
  Ended ended;
  std::optional<Parser> parser;
  Request request;
  CancelCallback cancel;
  std::shared_ptr<Stream> source;
  std::string output; ///< of a stream, what is being sent
  std::string rest;
  std::size_t lingering = 0; ///< bytes that were dropped
  bool keep_alive = true;
  bool is_head = false;
  bool answered = true;
  bool closed = false;
};

Connection::Connection(asio::ip::tcp::socket socket, const ServerSetting& setting, Api& api,
                       Ended ended)
    : impl_(std::make_unique<Impl>(std::move(socket), setting, api, std::move(ended))) {}

Connection::~Connection() = default;

void Connection::start() {
  impl_->read(shared_from_this());
}

void Connection::refuse(Response response) {
  impl_->keep_alive = false;
  impl_->send(shared_from_this(), std::move(response));
}

void Connection::close() {
  impl_->ended = nullptr;
  impl_->close();
}

} // namespace tempfail::http
