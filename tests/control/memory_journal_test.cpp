// A journal in memory: lines by position, pieces for other threads, and its limit.
#include "control/memory_journal.hpp"
#include "journal/reader.hpp"
#include "support/catch.hpp"

#include <string>

using namespace tempfail;
using control::MemoryJournal;

namespace {

journal::Event note(std::string_view text) {
  return {Moment(1), 0, 0, journal::event::Note{text}};
}

std::string all_of(const std::vector<control::Piece>& pieces) {
  std::string text;
  for (const control::Piece& piece : pieces)
    text += piece.text();
  return text;
}

} // namespace

TEST_CASE("memory journal: lines come by position, one at least, and no more than is asked for") {
  MemoryJournal journal(1 << 20);
  for (int i = 0; i < 5; ++i)
    journal.record(note("event " + std::to_string(i)));
  CHECK(journal.position() == 5);
  const MemoryJournal::Lines all = journal.after(0, 1 << 20);
  CHECK(all.last == 5);
  const journal::Journal read = journal::Journal::decode(all.text);
  REQUIRE(read.events().size() == 5);
  CHECK(read.events().back().sequence == 5);
  const MemoryJournal::Lines one = journal.after(2, 1);
  CHECK(one.last == 3);
  CHECK(one.text.find("event 2") != std::string::npos);
  CHECK(all.text.ends_with(one.text + journal.after(3, 1 << 20).text));
  CHECK(journal.after(5, 1 << 20).text.empty());
  CHECK(journal.after(5, 1 << 20).last == 5);
  CHECK(journal.after(99, 1 << 20).last == 99);
}

TEST_CASE("memory journal: blocks do not show, whatever the lines' sizes are") {
  MemoryJournal journal(std::size_t{8} << 20U);
  std::string expected;
  for (std::size_t i = 0; i < 2000; ++i) {
    const std::string text(i % 7 == 0 ? 20'000 : i % 300, 'x');
    journal.record(note(text));
    journal::Event event = note(text);
    journal::encode(event, i + 1, expected);
  }
  CHECK(all_of(journal.from(0)) == expected);
  CHECK(journal.after(0, expected.size()).text == expected);
  std::string in_parts;
  for (std::uint64_t position = 0; position < journal.position();) {
    const MemoryJournal::Lines lines = journal.after(position, 10'000);
    in_parts += lines.text;
    position = lines.last;
  }
  CHECK(in_parts == expected);
  CHECK(all_of(journal.from(12'345)) == expected.substr(12'345));
  CHECK(journal.from(expected.size()).empty());
}

TEST_CASE("memory journal: a piece stays as it is while the journal grows") {
  MemoryJournal journal(1 << 20);
  journal.record(note("first"));
  const std::vector<control::Piece> before = journal.from(0);
  const std::string text = all_of(before);
  for (int i = 0; i < 1000; ++i)
    journal.record(note("more"));
  CHECK(all_of(before) == text);
}

TEST_CASE("memory journal: what is beyond the limit is counted, and leaves no hole") {
  MemoryJournal journal(500);
  journal.record(note("kept"));
  journal.record(note(std::string(1000, 'x')));
  journal.record(note("would fit"));
  CHECK(journal.position() == 3);
  CHECK(journal.lost() == 2);
  CHECK(journal.after(0, 1000).last == 1);
  CHECK(journal.after(1, 1000).text.empty());
}

TEST_CASE("memory journal: another recorder gets everything, with the same numbers") {
  journal::MemoryRecorder other;
  MemoryJournal journal(1, &other); // keeps nothing itself
  journal.record(note("a"));
  journal.record(note("b"));
  const journal::Journal read = journal::Journal::decode(other.text());
  REQUIRE(read.events().size() == 2);
  CHECK(read.events()[1].sequence == journal.position());
}

TEST_CASE("memory journal: growth is told at a flush, once, and only where there is any") {
  MemoryJournal journal(1 << 20);
  int told = 0;
  journal.on_growth([&told] { ++told; });
  journal.flush();
  CHECK(told == 0);
  journal.record(note("a"));
  journal.record(note("b"));
  CHECK(told == 0);
  journal.flush();
  journal.flush();
  CHECK(told == 1);
}
