// The figures over HTTP and in a file.
#include "client/stats/metrics_server.hpp"
#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <unistd.h>

using namespace tempfail::client;
namespace asio = boost::asio;

namespace {

/// What the server answers to `request`, up to the end of the connection.
std::string ask(std::uint16_t port, const std::string& request) {
  asio::io_context context;
  asio::ip::tcp::socket socket{context};
  socket.connect({asio::ip::make_address("127.0.0.1"), port});
  asio::write(socket, asio::buffer(request));
  std::string answer;
  boost::system::error_code error;
  asio::read(socket, asio::dynamic_buffer(answer), error);
  return answer;
}

} // namespace

TEST_CASE("metrics_over_http") {
  asio::io_context context;
  const auto server = serve_metrics(context, ":0", [] { return std::string{"x 1\n"}; });
  std::string got;
  std::string refused;
  std::thread client{[&] {
    got = ask(server->port(), "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    refused = ask(server->port(), "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n");
    ask(server->port(), "nonsense\r\n\r\n");
    context.stop();
  }};
  context.run();
  client.join();
  CHECK(got.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(got.find("Content-Type: text/plain; version=0.0.4") != std::string::npos);
  CHECK(got.ends_with("\r\n\r\nx 1\n"));
  CHECK(refused.starts_with("HTTP/1.1 405"));
}

TEST_CASE("metrics_in_a_file") {
  asio::io_context context;
  const std::string path =
      (std::filesystem::temp_directory_path() / ("metrics-" + std::to_string(::getpid()))).string();
  const auto server = serve_metrics(context, path, [] { return std::string{"y 2\n"}; });
  std::ifstream in{path};
  CHECK(std::string{std::istreambuf_iterator<char>{in}, {}} == "y 2\n");
  std::filesystem::remove(path);
}

TEST_CASE("metrics_nowhere") {
  asio::io_context context;
  for (const char* wrong :
       {"9100", "127.0.0.1", "host:name", "127.0.0.1:70000", "/nowhere/at/all"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(serve_metrics(context, wrong, [] { return std::string{}; }),
                    std::runtime_error);
  }
}
