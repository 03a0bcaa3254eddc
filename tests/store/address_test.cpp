// Addresses of stores, as they are written.
#include "store/address.hpp"
#include "support/catch.hpp"

#include <string>

using namespace tempfail;

namespace {

/// Read, and written again; "-": refused.
std::string again(std::string_view text) {
  const auto address = store::parse_address(text);
  return address ? store::to_string(*address) : "-";
}

} // namespace

TEST_CASE("the address of a store", "[store]") {
  CHECK(again("redis://127.0.0.1:6379") == "redis://127.0.0.1:6379");
  CHECK(again("redis://redis.example") == "redis://redis.example:6379");
  CHECK(again("redis://[::1]:7000/3") == "redis://[::1]:7000/3");
  CHECK(again("redis://[::1]") == "redis://[::1]:6379");
  CHECK(again("redis://localhost:1/0") == "redis://localhost:1");
  CHECK(again("redis://localhost/") == "redis://localhost:6379");
  CHECK(again("unix:/run/redis.sock") == "unix:/run/redis.sock");
}

TEST_CASE("what is not the address of a store", "[store]") {
  for (const char* const text :
       {"", "redis:", "redis://", "redis://:6379", "redis://h:0", "redis://h:65536", "redis://h:x",
        "redis://h/-1", "redis://h/x", "redis://u:p@h", "unix:", "http://h:80", "h:6379"}) {
    CAPTURE(text);
    CHECK(again(text) == "-");
  }
}
