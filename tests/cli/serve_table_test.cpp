// What `serve` says of itself, where a test can't open the ports that it is about.
#include "cli/serve_table.hpp"
#include "support/catch.hpp"

#include <array>
#include <string>
#include <unistd.h>

using namespace tempfail;

namespace {

std::string warning_at(const std::string& address) {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  cli::ServeOptions options;
  options.run.bind_address = address;
  cli::StandardStream err(pipe[1]);
  cli::warn_if_reachable(options, err);
  ::close(pipe[1]);
  std::array<char, 256> text{};
  const ssize_t size = ::read(pipe[0], text.data(), text.size());
  ::close(pipe[0]);
  REQUIRE(size >= 0);
  return {text.data(), static_cast<std::size_t>(size)};
}

} // namespace

TEST_CASE("serve_table_warns_of_an_address_that_other_machines_reach") {
  CHECK(warning_at("0.0.0.0") ==
        "tempfail serve: listening on 0.0.0.0: other machines can reach it\n");
  CHECK(warning_at("::") == "tempfail serve: listening on ::: other machines can reach it\n");
  CHECK(warning_at("127.0.0.1").empty());
  CHECK(warning_at("127.0.0.9").empty());
  CHECK(warning_at("::1").empty());
}
