// Serves the figures over HTTP, or keeps a file with them.
#include "client/stats/metrics_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace tempfail::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Page = std::function<std::string()>;

constexpr auto file_interval = std::chrono::seconds(1);
constexpr auto request_time_out = std::chrono::seconds(10);

/// One request and its answer; then the connection ends.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::ip::tcp::socket socket, std::shared_ptr<const Page> page)
      : stream_(std::move(socket)), page_(std::move(page)) {}

  void start() {
    stream_.expires_after(request_time_out);
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (!error) self->answer();
                     });
  }

 private:
  void answer() {
    response_.version(request_.version());
    response_.keep_alive(false);
    const bool get = request_.method() == http::verb::get || request_.method() == http::verb::head;
    response_.result(get ? http::status::ok : http::status::method_not_allowed);
    response_.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
    const std::string body = get ? (*page_)() : "only GET is supported\n";
    if (request_.method() != http::verb::head) response_.body() = body;
    response_.content_length(body.size());
    http::async_write(
        stream_, response_, [self = shared_from_this()](beast::error_code, std::size_t) {
          beast::error_code ignored;
          self->stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
        });
  }

  beast::tcp_stream stream_;
  std::shared_ptr<const Page> page_;
  beast::flat_buffer buffer_{64 * 1024};
  http::request<http::empty_body> request_;
  http::response<http::string_body> response_;
};

class HttpServer final : public MetricsServer {
 public:
  HttpServer(asio::io_context& context, const asio::ip::tcp::endpoint& endpoint, Page page)
      : acceptor_(context, endpoint), page_(std::make_shared<const Page>(std::move(page))) {
    accept();
  }
  std::uint16_t port() const override { return acceptor_.local_endpoint().port(); }

 private:
  void accept() {
    acceptor_.async_accept([this](beast::error_code error, asio::ip::tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) std::make_shared<Exchange>(std::move(socket), page_)->start();
      accept();
    });
  }

  asio::ip::tcp::acceptor acceptor_;
  std::shared_ptr<const Page> page_;
};

class FileWriter final : public MetricsServer {
 public:
  FileWriter(asio::io_context& context, std::filesystem::path path, Page page)
      : timer_(context), path_(std::move(path)), page_(std::move(page)) {
    if (!write()) throw std::runtime_error(path_.string() + ": can't be written");
    wait();
  }
  std::uint16_t port() const override { return 0; }

 private:
  /// Beside, then renamed: a reader never sees half a page.
  bool write() {
    const std::filesystem::path beside = path_.string() + ".new";
    {
      std::ofstream out{beside, std::ios::binary | std::ios::trunc};
      out << page_();
      if (!out.flush()) return false;
    }
    std::error_code error;
    std::filesystem::rename(beside, path_, error);
    return !error;
  }
  void wait() {
    timer_.expires_after(file_interval);
    timer_.async_wait([this](beast::error_code error) {
      if (error) return;
      write(); // a full disk passes; the next second tries again
      wait();
    });
  }

  asio::steady_timer timer_;
  std::filesystem::path path_;
  Page page_;
};

asio::ip::tcp::endpoint endpoint_of(const std::string& where) {
  const auto colon = where.rfind(':');
  unsigned port = 0;
  std::string host = where.substr(0, colon);
  const char* end = where.data() + where.size();
  const bool has_port = colon != std::string::npos && colon + 1 < where.size() &&
                        std::from_chars(where.data() + colon + 1, end, port).ptr == end &&
                        port <= 65535;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  beast::error_code error;
  const auto address = asio::ip::make_address(host.empty() ? "127.0.0.1" : host, error);
  if (!has_port || error) {
    throw std::runtime_error(
        where + ": neither ADDRESS:PORT nor a file; allowed: 127.0.0.1:9100, :0, ./metrics.prom");
  }
  return {address, static_cast<std::uint16_t>(port)};
}

} // namespace

std::unique_ptr<MetricsServer> serve_metrics(asio::io_context& context, const std::string& where,
                                             std::function<std::string()> page) {
  if (where.find('/') != std::string::npos)
    return std::make_unique<FileWriter>(context, where, std::move(page));
  return std::make_unique<HttpServer>(context, endpoint_of(where), std::move(page));
}

} // namespace tempfail::client
