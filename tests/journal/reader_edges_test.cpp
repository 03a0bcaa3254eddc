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
        "has a wrong `client_port`: it must be 0 or more");
  CHECK(bad(R"({"event":"exchange","stage":"mail","code":-3000000000})") ==
        "has a wrong `code`: it must be 0 or more");
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

namespace {

/// Three exchanges of session 1 and one of session 2, then `after`: what the journal knows of session 1's.
std::vector<Answer> answered_with(std::string_view after) {
  constexpr std::string_view exchange =
      R"({"time_us":%t,"session":%s,"event":"exchange","number":%n,"stage":"rcpt","reply":"250 Ok\r\n","code":250})";
  std::string text;
  const auto add = [&](char time, char session, char number) {
    std::string line(exchange);
    line.replace(line.find("%t"), 2, 1, time);
    line.replace(line.find("%s"), 2, 1, session);
    line.replace(line.find("%n"), 2, 1, number);
    text += line + '\n';
  };
  text += "{\"session\":1,\"event\":\"connect\"}\n";
  add('1', '1', '1');
  add('2', '1', '2');
  add('2', '2', '1');
  add('2', '1', '3');
  text += after;
  const Journal journal = Journal::decode(text);
  CHECK(journal.bad_lines().empty());
  std::vector<Answer> answers;
  for (const Event& event : journal.events())
    if (const auto* one = std::get_if<event::Exchange>(&event.body))
      answers.push_back({one->answered, std::string(one->reply), one->code});
  REQUIRE(answers.size() == 4);
  answers.erase(answers.begin() + 2);
  CHECK(answers[0].answered == Moment(1));
  return answers;
}

constexpr const char* eight_bytes_wait =
    "{\"time_us\":2,\"session\":1,\"event\":\"sending\",\"unsent\":8}\n";
constexpr const char* nine_bytes_wait =
    "{\"time_us\":2,\"session\":1,\"event\":\"sending\",\"unsent\":9}\n";
constexpr const char* all_left = "{\"time_us\":6,\"session\":1,\"event\":\"sending\"}\n";

} // namespace

TEST_CASE("edges: a reply of which a byte has not left is not answered until it has") {
  for (const char* wait : {eight_bytes_wait, nine_bytes_wait}) {
    const bool two = wait == nine_bytes_wait; // the end of the second reply waits, too
    const auto waiting = answered_with(wait);
    CHECK(waiting[1].answered.has_value() == !two);
    CHECK(waiting[1].code == (two ? 0 : 250));
    CHECK_FALSE(waiting[2].answered);
    CHECK(waiting[2].code == 0);
    CHECK(waiting[2].reply.empty());
    const auto left = answered_with(std::string(wait) + all_left);
    CHECK(left[1].answered == Moment(two ? 6 : 2));
    CHECK(left[2].answered == Moment(6));
    CHECK(left[2].code == 250);
    CHECK(left[2].reply == "250 Ok\r\n");
  }
}

TEST_CASE("edges: a reply that has not left when the connection ends is never answered") {
  const auto ended = answered_with(std::string(eight_bytes_wait) +
                                   "{\"time_us\":5,\"session\":1,\"event\":\"disconnect\",\"by\":"
                                   "\"client-reset\",\"stage\":\"rcpt\"}\n" +
                                   all_left);
  CHECK(ended[1].answered == Moment(2));
  CHECK_FALSE(ended[2].answered);
}

TEST_CASE("edges: what another session has taken says nothing of this one") {
  CHECK_FALSE(answered_with(std::string(eight_bytes_wait) +
                            "{\"time_us\":5,\"session\":2,\"event\":\"sending\"}\n")[2]
                  .answered);
  CHECK(answered_with("{\"time_us\":5,\"session\":3,\"event\":\"sending\",\"unsent\":90}\n")[2]
            .answered);
}
