// Request targets: segments and query without their encoding.
#include "http/message.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using http::parse_target;

namespace {

using Path = std::vector<std::string>;

} // namespace

TEST_CASE("target: path and query") {
  const auto target = parse_target("/v1/servers/1/tries?min=1&wait=5s&min=2");
  REQUIRE(target);
  CHECK(target->path == Path{"v1", "servers", "1", "tries"});
  REQUIRE(target->find("min"));
  CHECK(*target->find("min") == "2"); // the last one counts
  CHECK(*target->find("wait") == "5s");
  CHECK(target->find("since") == nullptr);
}

TEST_CASE("target: percent-encoding, which keeps a slash from being a separator") {
  const auto target =
      parse_target("/v1/scenarios/disk%2fdisk%2Dfull?recipient=a%40b.test&x=a+b&y=%2B");
  REQUIRE(target);
  CHECK(target->path == Path{"v1", "scenarios", "disk/disk-full"});
  CHECK(*target->find("recipient") == "a@b.test");
  CHECK(*target->find("x") == "a b");
  CHECK(*target->find("y") == "+");
  CHECK(parse_target("/a+b")->path == Path{"a+b"});
}

TEST_CASE("target: odd ones") {
  CHECK(parse_target("/")->path == Path{""});
  CHECK(parse_target("/a//b")->path == Path{"a", "", "b"});
  CHECK(parse_target("/a?")->query.empty());
  CHECK(parse_target("/a?&=1&b")->query.size() == 1);
  CHECK(*parse_target("/a?b")->find("b") == "");
  CHECK(parse_target("/a#?b=1")->query.empty());
  for (const char* wrong : {"", "*", "a", "http://x/", "/%", "/%1", "/%1g", "/a?b=%z1", "/a?%=1"})
    CHECK_FALSE(parse_target(wrong));
}
