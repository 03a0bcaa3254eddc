// What a reader makes of what is not there, and of replies that come late.
#include "journal/reader.hpp"
#include "support/catch.hpp"

#include <optional>
#include <string>

using namespace tempfail;
using namespace tempfail::journal;

namespace {

template <typename Kind>
Kind only(const std::string& line) {
  const Journal journal = Journal::decode(line);
  REQUIRE(journal.bad_lines().empty());
  REQUIRE(journal.events().size() == 1);
  return std::get<Kind>(journal.events()[0].body);
}

std::string bad(const std::string& line) {
  const Journal journal = Journal::decode(line);
  REQUIRE(journal.bad_lines().size() == 1);
  REQUIRE(journal.events().empty());
  return journal.bad_lines()[0].what;
}

struct Answer {
  std::optional<Moment> answered;
  std::string reply;
  int code = 0;
};
/// Session 1 holds its exchange 2 back, these lines follow, and then the reply to an exchange.
Answer answered(const std::string& between, int number = 2, int session = 1) {
  const Journal journal = Journal::decode(
      R"({"time_us":5,"session":1,"event":"exchange","number":2,"stage":"message","line":".","open":true})"
      "\n" +
      between + R"({"time_us":9,"session":)" + std::to_string(session) +
      R"(,"event":"reply","number":)" + std::to_string(number) +
      R"(,"reply":"250 Ok\r\n","code":250})"
      "\n");
  REQUIRE(journal.bad_lines().empty());
  const auto& exchange = std::get<event::Exchange>(journal.events().at(0).body);
  return {exchange.answered, std::string(exchange.reply), exchange.code};
}

} // namespace

TEST_CASE("edges: a run that says nothing of itself") {
  const auto run = only<event::Run>(R"({"event":"run","format":2})");
  CHECK(run.time_scale == 1);
  CHECK(run.seed == 0);
  CHECK_FALSE(run.notifications_come);
}

TEST_CASE("edges: an exchange without moments was asked and answered when it was written") {
  const auto exchange = only<event::Exchange>(
      R"({"time_us":7,"event":"exchange","stage":"mail","reply":"250 Ok\r\n","code":250})");
  CHECK(exchange.asked == Moment(7));
  CHECK(exchange.answered == Moment(7));
  CHECK_FALSE(exchange.address);
  CHECK_FALSE(only<event::Exchange>(R"({"time_us":7,"event":"exchange","stage":"mail"})").answered);
}

TEST_CASE("edges: a reply that was held back answers its exchange, whatever came before it") {
  for (const auto* between :
       {"",
        R"({"session":1,"event":"accepted","transaction":1})"
        "\n",
        R"({"session":1,"event":"reading","stopped":false})"
        "\n",
        R"({"session":2,"event":"disconnect","by":"client-quit","stage":"quit"})"
        "\n",
        R"({"session":1,"event":"exchange","number":3,"stage":"noop","reply":"250 Ok\r\n"})"
        "\n"}) {
    const Answer exchange = answered(between);
    CHECK(exchange.answered == Moment(9));
    CHECK(exchange.reply == "250 Ok\r\n");
    CHECK(exchange.code == 250);
  }
}

TEST_CASE("edges: a reply answers no other exchange, and none of a connection that has ended") {
  CHECK_FALSE(answered("", 3).answered);
  CHECK_FALSE(answered("", 2, 7).answered);
  CHECK_FALSE(
      answered("{\"session\":1,\"event\":\"disconnect\",\"by\":\"server\",\"stage\":\"message\"}\n")
          .answered);
  // The first reply is the answer; a second one stands for itself.
  CHECK(
      answered(
          R"({"time_us":6,"session":1,"event":"reply","number":2,"reply":"451 No\r\n","code":451})"
          "\n")
          .code == 451);
}

TEST_CASE("edges: what was cut short is told from what never was an event") {
  CHECK(bad("{\"event\":\"no") == "was cut short");
  CHECK(bad("hello") == "is not a JSON object");
  CHECK(bad("{\"event\":\"no\n") == "is not a JSON object"); // a whole line
  CHECK(bad("[]") == "is not a JSON object");
}

TEST_CASE("edges: numbers and words that do not fit are said") {
  CHECK(bad(R"({"event":"content","hash":"1g"})") ==
        "has a wrong `hash`: it must be a string of hexadecimal digits");
  CHECK(bad(R"({"event":"content","hash":"11112222333344445"})") ==
        "has a wrong `hash`: it must be a string of hexadecimal digits");
  CHECK(only<event::Content>(R"({"event":"content","hash":"ffffffffffffffff"})").hash ==
        UINT64_MAX);
  CHECK(bad(R"({"event":"connect","client_port":65536})") ==
        "has a wrong `client_port`: it must be a smaller number");
  CHECK(only<event::Connect>(R"({"event":"connect","client_port":65535})").client_port == 65535);
  CHECK(bad(R"({"event":"connect","client_port":-1})") ==
        "has a wrong `client_port`: it must be no negative number");
  CHECK(bad(R"({"event":"exchange","stage":"mail","code":-3000000000})") ==
        "has a wrong `code`: it must be no negative number");
  CHECK(bad(R"({"event":"exchange","stage":"mail","code":1.5})") ==
        "has a wrong `code`: it must be an integer");
  CHECK(bad(R"({"event":"exchange","stage":5})") == "has a wrong `stage`: it must be a word");
  CHECK(bad(R"({"event":"exchange"})") == "has a wrong `stage`: it must be a word");
  CHECK(bad(R"({"event":"run","format":2,"time_scale":"fast"})") ==
        "has a wrong `time_scale`: it must be a number");
  CHECK(bad(R"({"event":"tls","ok":1})") == "has a wrong `ok`: it must be true or false");
  CHECK(bad(R"({"event":"content","reports":["failed"]})") ==
        "has a wrong `reports`: it must be a list of objects");
  CHECK(bad(R"({"event":"content","breaches":"nul"})") ==
        "has a wrong `breaches`: it must be a list");
  CHECK(bad(R"({"event":5})") == "has a wrong `event`: it must be a word");
}

TEST_CASE("edges: a word of a later version leaves out its event alone") {
  for (const auto* line :
       {R"({"event":"process","ended":"abducted"})", R"({"event":"listen","answer":"perhaps"})",
        R"({"event":"disconnect","by":"client-quit","stage":"teleport"})"}) {
    const Journal journal = Journal::decode(line);
    CHECK(journal.unknown_events() == 1);
    CHECK(journal.events().empty());
    CHECK(journal.bad_lines().empty());
  }
}
