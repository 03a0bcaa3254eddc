// Enhanced status codes are read only when they are well formed.
#include "client/protocol/status.hpp"
#include "support/catch.hpp"

using tempfail::client::Status;

TEST_CASE("status_reads_the_front_of_a_reply") {
  const auto status = Status::parse("4.3.2 System not accepting network messages");
  REQUIRE(status);
  CHECK(*status == Status{4, 3, 2});
  CHECK(status->text() == "4.3.2");
  CHECK(Status::parse("5.7.25")->detail == 25);
}

TEST_CASE("status_refuses_what_is_none") {
  for (const char* text : {"", "4", "4.", "4.3", "4.3.", "3.1.1 no such class", "4.3.2x",
                           "4.1234.1", "4..1", "4.3.1234 too long", "44.3.2", "Service 4.3.2"}) {
    INFO(text);
    CHECK_FALSE(Status::parse(text));
  }
}
