// What a stalled session costs: the memory of a server that holds many clients who are never greeted, and of one
// whose clients stall in the TLS handshake, per session, everything included. Fails when it is over the goal. What
// OpenSSL alone holds once a ClientHello is answered is measured too, to compare.
#include "net/clock.hpp"
#include "net/server.hpp"
#include "net/tls_server.hpp"
#include "stalled.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <malloc.h>
#include <poll.h>
#include <sys/wait.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace {

using namespace tempfail;

constexpr double plain_goal_bytes = 1536;
constexpr double tls_goal_bytes = 48 * 1024; ///< once OpenSSL has the connection

/// A session that stalls, and how its client got there.
struct Case {
  const char* name;
  scenario::ScenarioPtr scenario;
  double goal_bytes;
  long count;            ///< of clients
  std::string said = {}; ///< by the client, before it stalls
  bool answered = false; ///< the server's answer to that is waited for
};

/// What a client of OpenSSL's defaults says first: one TLS record.
std::string client_hello() {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
  SSL_set_connect_state(ssl);
  SSL_do_handshake(ssl);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out, &bytes);
  std::string hello(bytes, static_cast<std::size_t>(size));
  SSL_free(ssl);
  SSL_CTX_free(context);
  return hello;
}

scenario::ScenarioPtr tls_scenario(const char* name) {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->name = name;
  scenario->server.tls = scenario::TlsMode::implicit;
  return scenario;
}

std::size_t memory_in_use() {
  return ::mallinfo2().uordblks;
}

/// Bytes of OpenSSL alone, for a server's handshake that has answered `hello`.
double bytes_of_openssl(const std::string& hello, long count) {
  const net::Identity authority = net::make_authority("memory_bench");
  net::TlsServer tls(authority, {}, {"memory.test"});
  std::vector<SSL*> handshakes(static_cast<std::size_t>(count));
  std::size_t before = memory_in_use();
  for (std::size_t i = 0; i < handshakes.size(); ++i) {
    if (i == 1) before = memory_in_use(); // the first pays for what all share
    handshakes[i] = SSL_new(tls.context());
    BIO* said = BIO_new_mem_buf(hello.data(), static_cast<int>(hello.size()));
    BIO_set_mem_eof_return(said, -1); // there may be more to come
    SSL_set_bio(handshakes[i], said, BIO_new(BIO_s_null()));
    SSL_set_accept_state(handshakes[i]);
    SSL_do_handshake(handshakes[i]);
  }
  const std::size_t after = memory_in_use();
  for (SSL* handshake : handshakes)
    SSL_free(handshake);
  return static_cast<double>(after - before) / static_cast<double>(count - 1);
}

/// Connects `count` times and gets as far as the case says; tells by a byte on `ready` when all are there, and
/// stays until `until_closed` ends.
[[noreturn]] void be_clients(const Case& which, std::uint16_t port, long count, int ready,
                             int until_closed) {
  const std::string_view said = which.said;
  char byte = 0;
  for (long i = 0; i < count; ++i) {
    const int fd = bench::connect_to(port, i);
    if (!said.empty() &&
        ::send(fd, said.data(), said.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(said.size()))
      ::_exit(1);
    if (which.answered && ::recv(fd, &byte, 1, MSG_PEEK) != 1) ::_exit(1);
  }
  if (::write(ready, "r", 1) != 1 || ::read(until_closed, &byte, 1) < 0) ::_exit(1);
  ::_exit(0);
}

bool is_readable(int fd) {
  pollfd poll{fd, POLLIN, 0};
  return ::poll(&poll, 1, 0) == 1;
}

/// Bytes per session once `count` clients wait.
double measure(const Case& which) {
  const long count = which.count;
  boost::asio::io_context context{1};
  const auto clock = net::make_scaled_clock(context, 1.0);
  bench::NoRecorder recorder;
  net::Server server(context, *clock, recorder, {}, [](const std::string&) {});
  const std::uint16_t port = server.serve(which.scenario, 0).port;
  int ready[2] = {-1, -1};
  int ends[2] = {-1, -1};
  if (::pipe(ready) != 0 || ::pipe(ends) != 0) throw std::runtime_error("pipe");
  context.poll();
  const std::size_t before = memory_in_use();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ready[0]);
    ::close(ends[1]);
    be_clients(which, port, count, ready[1], ends[0]);
  }
  ::close(ready[1]);
  ::close(ends[0]);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  while (server.open_sessions("") < static_cast<std::uint64_t>(count) || !is_readable(ready[0])) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("clients did not come");
    context.run_one_for(std::chrono::milliseconds(100));
  }
  while (context.poll() != 0) // what they have sent is on the server's sockets: it is read
    ;
  const std::size_t after = memory_in_use();
  ::close(ready[0]);
  ::close(ends[1]);
  int status = 1;
  ::waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error("the clients failed");
  return static_cast<double>(after - before) / static_cast<double>(count);
}

int run(long count, long tls_count) {
  const auto hour = std::chrono::hours(1);
  const std::string hello = client_hello();
  const double openssl_bytes = bytes_of_openssl(hello, tls_count);
  const Case cases[] = {
      {"stalled for ever", bench::scenario_with("stalled", scenario::action::Stall{}),
       plain_goal_bytes, count},
      {"greeted in an hour", bench::scenario_with("delayed", scenario::action::Delay{hour, hour}),
       plain_goal_bytes, count},
      {"TLS, client silent", tls_scenario("silent"), plain_goal_bytes, tls_count},
      {"TLS, half a ClientHello", tls_scenario("half"), plain_goal_bytes, tls_count,
       hello.substr(0, hello.size() / 2)},
      {"TLS, ClientHello answered", tls_scenario("flight"), tls_goal_bytes, tls_count, hello, true},
  };
  std::printf("bytes per stalled session\n%-28s%10s%10s%10s\n", "", "sessions", "bytes", "goal");
  bool met = true;
  for (const Case& it : cases) {
    const double bytes = measure(it);
    std::printf("%-28s%10ld%10.0f%10.0f\n", it.name, it.count, bytes, it.goal_bytes);
    std::fflush(stdout);
    met = met && bytes <= it.goal_bytes;
  }
  std::printf("(OpenSSL alone holds %.0f in the last place)\n", openssl_bytes);
  return met ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 10'000;
  bench::raise_descriptor_limit();
  try {
    return run(count, std::max(count / 5, 2L));
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "memory_bench: %s\n", problem.what());
    return 1;
  }
}
