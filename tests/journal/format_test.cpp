// Which journals are read: format 2, whatever a later version adds to it, and no other.
#include "journal/reader.hpp"
#include "journal/recorder.hpp"
#include "support/catch.hpp"

#include <string>

using namespace tempfail;
using namespace tempfail::journal;

TEST_CASE("format: the first one is refused with one clear sentence") {
  // Format 1 did not name itself.
  const std::string old = R"({"time_us":0,"event":"run","version":"0.1.0","seed":7})"
                          "\n";
  REQUIRE_THROWS_AS(Journal::decode(old), WrongFormat);
  REQUIRE_THROWS_WITH(
      Journal::decode(old),
      "is in journal format 1 (tempfail 0.1.0), and this version reads format 2: record it again");
  Journal watched;
  REQUIRE_THROWS_AS(watched.append(old), WrongFormat);
}

TEST_CASE("format: a later one is refused, too") {
  REQUIRE_THROWS_WITH(Journal::decode(R"({"event":"run","version":"9","format":3})"),
                      Catch::Contains("is in journal format 3 (tempfail 9)"));
}

TEST_CASE("format: the one that is written is read") {
  Event event;
  event.body = event::Run{};
  std::string text;
  encode(event, text);
  CHECK(std::get<event::Run>(Journal::decode(text).events().at(0).body).format == 2);
}

TEST_CASE("format: runs of one file have servers and sessions of their own, and one time line") {
  const Journal journal = Journal::decode(
      R"({"time_us":0,"event":"run","format":2,"time_scale":60,"started_unix_us":1000000})"
      "\n"
      R"({"time_us":1,"server":1,"event":"server","scenario":"disk-full"})"
      "\n"
      R"({"time_us":2,"server":1,"session":1,"event":"exchange","stage":"mail","number":1,"open":true})"
      "\n"
      R"({"time_us":0,"event":"run","format":2,"time_scale":60,"started_unix_us":3000000})"
      "\n"
      R"({"time_us":1,"server":1,"event":"server","scenario":"greylisted"})"
      "\n"
      R"({"time_us":5,"asked_us":3,"server":1,"session":1,"event":"exchange","number":1,"stage":"mail",)"
      R"("reply":"250 Ok","code":250})"
      "\n"
      R"({"time_us":7,"server":1,"session":1,"event":"reply","number":1,"reply":"250 Ok","code":250})");
  const auto& events = journal.events();
  REQUIRE(events.size() == 7);
  CHECK(journal.scenario_of(events[2]) == "disk-full");
  CHECK(journal.scenario_of(events[5]) == "greylisted");
  CHECK(events[2].session_key() != events[5].session_key());
  // Two real seconds between the starts are two minutes of protocol time.
  constexpr Duration gap = std::chrono::minutes(2);
  const auto& second = std::get<event::Exchange>(events[5].body);
  CHECK(events[5].time == Moment(gap + std::chrono::microseconds(5)));
  CHECK(second.asked == Moment(gap + std::chrono::microseconds(3)));
  CHECK(second.answered == Moment(gap + std::chrono::microseconds(5)));
  // The reply is not that of the exchange which the first run left open.
  CHECK_FALSE(std::get<event::Exchange>(events[2].body).answered);
}

TEST_CASE("format: nodes that write in turns are told apart by their names") {
  const Journal journal =
      Journal::decode(R"({"node":"a","event":"run","format":2,"started_unix_us":5})"
                      "\n"
                      R"({"node":"b","event":"run","format":2,"started_unix_us":5})"
                      "\n"
                      R"({"node":"a","server":1,"event":"server","scenario":"one"})"
                      "\n"
                      R"({"node":"b","server":1,"event":"server","scenario":"two"})"
                      "\n"
                      R"({"time_us":9,"node":"a","server":1,"session":1,"event":"connect"})"
                      "\n"
                      R"({"time_us":9,"node":"b","server":1,"session":1,"event":"connect"})");
  REQUIRE(journal.events().size() == 6);
  CHECK(journal.scenario_of(journal.events()[4]) == "one");
  CHECK(journal.scenario_of(journal.events()[5]) == "two");
  CHECK(journal.events()[4].time == journal.events()[5].time);
}

TEST_CASE("format: the name of a server's scenario is found through its number") {
  const Journal journal = Journal::decode(R"({"server":2,"event":"server","scenario":"disk-full"})"
                                          "\n"
                                          R"({"server":2,"session":1,"event":"connect"})"
                                          "\n"
                                          R"({"server":3,"session":2,"event":"connect"})"
                                          "\n"
                                          R"({"event":"note"})");
  REQUIRE(journal.events().size() == 4);
  REQUIRE(journal.server_of(journal.events()[1]) != nullptr);
  CHECK(journal.server_of(journal.events()[1])->scenario == "disk-full");
  CHECK(journal.server_of(journal.events()[2]) == nullptr);
  CHECK(journal.scenario_of(journal.events()[1]) == "disk-full");
  CHECK(journal.scenario_of(journal.events()[2]).empty());
  CHECK(journal.scenario_of(journal.events()[3]).empty());
}

TEST_CASE("format: keys inside lists that nobody knows are passed over, and wrong lists are said") {
  const Journal journal = Journal::decode(
      R"({"event":"server","hosts":[{"name":"mx","port":25,"weight":[1]}],"colour":{}})"
      "\n"
      R"({"event":"server","hosts":["mx"]})"
      "\n"
      R"({"event":"handover","recipients":[5]})"
      "\n"
      R"({"event":"content","reports":{}})"
      "\n"
      R"({"event":"process","ended":"eaten"})");
  REQUIRE(journal.events().size() == 1);
  CHECK(std::get<event::Server>(journal.events()[0].body).hosts[0].port == 25);
  REQUIRE(journal.bad_lines().size() == 3);
  CHECK(journal.bad_lines()[0].what == "has a wrong `hosts`: it must be a list of objects");
  CHECK(journal.bad_lines()[1].what == "has a wrong `recipients`: it must be a list of strings");
  CHECK(journal.bad_lines()[2].what == "has a wrong `reports`: it must be a list");
  CHECK(journal.unknown_events() == 1); // a word of a later version
}

TEST_CASE("format: a run is moved by the time that lies between the starts") {
  using std::chrono::hours;
  using std::chrono::microseconds;
  // The moment of an event of the second run, at a microsecond of its own.
  const auto moved = [](const char* first, const char* second, const char* scale) {
    const Journal journal = Journal::decode(
        R"({"time_us":0,"event":"run","format":2,"time_scale":)" + std::string(scale) +
        R"(,"started_unix_us":)" + first + "}\n" +
        R"({"time_us":0,"event":"run","format":2,"time_scale":7,"started_unix_us":)" + second +
        "}\n" + R"({"time_us":1,"server":1,"event":"server","scenario":"one"})");
    REQUIRE(journal.events().size() == 3);
    return journal.events()[2].time - Moment(microseconds(1));
  };
  CHECK(moved("1", "2", "1") == microseconds(1));
  CHECK(moved("5", "15", "60") == microseconds(600)); // by the first one's clock
  CHECK(moved("5", "15", "0.1") == microseconds(1));
  // Where a start is not known, or comes before the first, nothing is moved.
  for (const auto& [first, second] : {std::pair("0", "9"), {"9", "9"}, {"9", "8"}, {"9", "0"}})
    CHECK(moved(first, second, "60") == microseconds(0));
  // No run lasts for more than ten years.
  CHECK(moved("1", "316224000000001", "1") == hours(24 * 3660));
  CHECK(moved("1", "316224000000002", "1") == microseconds(0));
}
