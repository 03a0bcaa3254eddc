// Replies and enhanced status codes, both ways.
#include "support/catch.hpp"

#include "wire/reply.hpp"

#include <string>

using namespace tempfail;
using wire::parse_reply;
using wire::serialize;

TEST_CASE("reply: one line") {
  const auto reply = parse_reply("452 4.3.1 Insufficient system storage");
  REQUIRE(reply);
  CHECK(reply->code == 452);
  REQUIRE(reply->enhanced);
  CHECK(*reply->enhanced == wire::EnhancedStatus{4, 3, 1});
  CHECK(reply->lines == std::vector<std::string>{"Insufficient system storage"});
  CHECK(serialize(*reply) == "452 4.3.1 Insufficient system storage\r\n");
}

TEST_CASE("reply: several lines, with the code on the first or on each") {
  const std::string wire = "550-5.7.1 first\r\n550 5.7.1 second\r\n";
  CHECK(serialize(*parse_reply("550 5.7.1 first\nsecond")) == wire);
  CHECK(serialize(*parse_reply("550-5.7.1 first\n550 5.7.1 second")) == wire);
  CHECK(serialize(*parse_reply("550-5.7.1 first\n550 second\n")) == wire);
  CHECK(serialize(*parse_reply("550-5.7.1 first\r\n550 5.7.1 second\r\n")) == wire);
  CHECK(serialize(*parse_reply("250 a\n\nb")) == "250-a\r\n250-\r\n250 b\r\n");
}

TEST_CASE("reply: without text, and without an enhanced code") {
  CHECK(serialize(*parse_reply("250")) == "250\r\n");
  CHECK(serialize(*parse_reply("250 ")) == "250\r\n");
  CHECK(serialize(*parse_reply("250 2.0.0")) == "250 2.0.0\r\n");
  CHECK(serialize(*parse_reply("432 The queue is stopped")) == "432 The queue is stopped\r\n");
  CHECK(serialize(*parse_reply("250 4.3 is no status")) == "250 4.3 is no status\r\n");
  CHECK_FALSE(parse_reply("250 4.3 is no status")->enhanced);
}

TEST_CASE("reply: no code in front is no reply") {
  for (const std::string_view text : {"", "ok", "25", "25x", "2500 ok", "250ok", " 250 ok"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_reply(text));
  }
}

TEST_CASE("reply: what was serialized reads back") {
  for (const std::string_view text :
       {"220 hello", "550 5.1.1 a\nb\nc", "451 4.7.1 x", "999 odd", "250"}) {
    const auto reply = parse_reply(text);
    REQUIRE(reply);
    CHECK(parse_reply(serialize(*reply)) == reply);
  }
}

TEST_CASE("reply: enhanced status codes") {
  const auto status = wire::parse_enhanced_status("5.7.28");
  REQUIRE(status);
  CHECK(*status == wire::EnhancedStatus{5, 7, 28});
  CHECK(wire::to_string(*status) == "5.7.28");
  CHECK(wire::parse_enhanced_status("2.0.0"));
  CHECK(wire::parse_enhanced_status("4.999.999"));
  for (const std::string_view text : {"", "4", "4.", "4.3", "4.3.", "3.1.1", "4.3.1x", "4.3.1.",
                                      "4.03.1", "4.1000.1", "4..1", "44.3.1", "4.3.-1"}) {
    CAPTURE(text);
    CHECK_FALSE(wire::parse_enhanced_status(text));
  }
}

TEST_CASE("reply: the first digit decides") {
  CHECK(wire::is_positive(250));
  CHECK(wire::is_positive(354));
  CHECK_FALSE(wire::is_positive(421));
  CHECK(wire::is_transient(471));
  CHECK_FALSE(wire::is_transient(500));
  CHECK(wire::is_permanent(599));
}
