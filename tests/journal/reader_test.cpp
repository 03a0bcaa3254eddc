// What a reader makes of journals that are cut short, damaged, or written by a later version.
#include "journal/reader.hpp"
#include "journal/recorder.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace tempfail;
using namespace tempfail::journal;

TEST_CASE("reader_reports_a_torn_last_line_and_keeps_the_rest") {
  std::string text;
  test::Samples samples(7);
  for (std::size_t kind = 0; kind < 8; ++kind)
    encode(samples.event(kind), text);
  const std::size_t last = text.rfind('\n', text.size() - 2) + 1;
  for (std::size_t cut = last + 1; cut < text.size() - 1; ++cut) {
    const Journal journal = Journal::decode(text.substr(0, cut));
    REQUIRE(journal.events().size() == 7);
    REQUIRE(journal.bad_lines().size() == 1);
    REQUIRE(journal.bad_lines()[0].line == 8);
    REQUIRE(journal.bad_lines()[0].what == "was cut short");
  }
}

TEST_CASE("reader_takes_a_whole_last_line_without_its_end") {
  const Journal journal = Journal::decode(R"({"time_us":1,"event":"end"})");
  REQUIRE(journal.events().size() == 1);
  REQUIRE(journal.bad_lines().empty());
}

TEST_CASE("reader_tolerates_keys_events_and_words_it_does_not_know") {
  const Journal journal = Journal::decode(
      R"({"time_us":1,"event":"note","text":"a","colour":{"deep":[1]}})"
      "\n"
      R"({"time_us":2,"event":"eclipse","text":"b"})"
      "\n"
      R"({"time_us":3,"event":"exchange","stage":"teleport"})"
      "\n"
      R"({"time_us":4,"event":"exchange","stage":"mail","breaches":["nul","rudeness"]})"
      "\n"
      "\n"
      R"({"time_us":5,"event":"disconnect","stage":"quit","by":"aliens"})"
      "\n");
  REQUIRE(journal.bad_lines().empty());
  REQUIRE(journal.events().size() == 2);
  REQUIRE(journal.unknown_events() == 3);
  REQUIRE(std::get<event::Exchange>(journal.events()[1].body).breaches ==
          static_cast<Breaches>(Breach::nul));
}

TEST_CASE("reader_reports_lines_that_are_no_events") {
  const Journal journal = Journal::decode(
      "hello\n[1]\n{\"event\":\"note\",\"text\":5}\n{\"time_us\":-1,\"session\":-2,\"event\":"
      "\"end\"}\n"
      "{\"event\":\"content\",\"hash\":\"xyz\"}\n{\"time_us\":1}\n{\"event\":\"end\"}\n"
      "{\"event\":\"connect\",\"client_port\":70000}\n");
  REQUIRE(journal.events().size() == 1);
  REQUIRE(journal.bad_lines().size() == 7);
  REQUIRE(journal.bad_lines()[0].what == "is not a JSON object");
  REQUIRE(journal.bad_lines()[1].what == "is not a JSON object");
  REQUIRE(journal.bad_lines()[2].line == 3);
  REQUIRE(journal.bad_lines()[2].what == "has a wrong `text`: it must be a string");
  REQUIRE(journal.bad_lines()[6].line == 8);
}

TEST_CASE("reader_appends_to_what_it_has_and_views_stay_valid") {
  Journal journal;
  std::string expected;
  test::Samples samples(3);
  for (std::size_t i = 0; i < 1000; ++i) {
    std::string text;
    Event event = samples.event(i % test::Samples::kinds);
    // Runs that began at different moments are put on one time line.
    if (auto* run = std::get_if<event::Run>(&event.body)) run->started_unix_us = 1;
    // An end that replaces an earlier one changes that.
    if (auto* end = std::get_if<event::Disconnect>(&event.body)) end->instead = false;
    encode(event, text);
    journal.append(text);
    expected += text;
  }
  const Journal moved = std::move(journal);
  std::string again;
  for (const Event& event : moved.events())
    encode(event, again);
  REQUIRE(again == expected);
}

TEST_CASE("reader_reads_files_and_says_when_it_can_not") {
  const auto file = std::filesystem::temp_directory_path() /
                    ("tempfail-reader-" + std::to_string(::getpid()) + ".jsonl");
  std::ofstream(file) << R"({"time_us":9,"event":"end"})" << '\n';
  REQUIRE(Journal::read(file).events().at(0).time == Moment(9));
  std::filesystem::remove(file);
  REQUIRE_THROWS_AS(Journal::read(file), std::system_error);
  REQUIRE_THROWS_AS(Journal::read(std::filesystem::temp_directory_path()), std::system_error);
}
