// Each writer counts what it records, so that a reader sees what is missing.
#include "journal/reader.hpp"
#include "journal/recorder.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::journal;

namespace {

Event note(std::string_view text) {
  Event event;
  event.body = event::Note{text};
  return event;
}

} // namespace

TEST_CASE("sequence: from 1 and without gaps, of each recorder") {
  MemoryRecorder one;
  MemoryRecorder other;
  for (int i = 0; i < 50; ++i) {
    one.record(note("a"));
    if (i % 2 == 0) other.record(note("b"));
  }
  for (const MemoryRecorder* recorder : {&one, &other}) {
    const Journal journal = Journal::decode(recorder->text());
    std::uint64_t expected = 0;
    for (const Event& event : journal.events())
      REQUIRE(event.sequence == ++expected);
  }
  CHECK(Journal::decode(one.text()).events().size() == 50);
  CHECK(Journal::decode(other.text()).events().size() == 25);
}

TEST_CASE("sequence: the recorder's number counts, whatever the event had") {
  MemoryRecorder recorder;
  Event event = note("a");
  event.sequence = 99;
  recorder.record(event);
  CHECK(Journal::decode(recorder.text()).events().at(0).sequence == 1);
}
