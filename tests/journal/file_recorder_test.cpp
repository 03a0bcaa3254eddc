// The journal's file: written in groups, and whole lines even when the disk is full in between.
#include "journal/reader.hpp"
#include "journal/recorder.hpp"
#include "recorder_files.hpp"
#include "support/catch.hpp"

#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace tempfail;
using namespace tempfail::journal;
using namespace tempfail::journal::test;
namespace fs = std::filesystem;

namespace {

Event note(std::string_view text, std::int64_t time = 0) {
  Event event;
  event.time = Moment(time);
  event.body = event::Note{text};
  return event;
}

} // namespace

TEST_CASE("recorder_writes_nothing_before_flush_and_all_of_it_with_it") {
  const Directory directory;
  const fs::path file = directory.file("journal");
  FileRecorder recorder(file, nullptr);
  recorder.record(note("one"));
  recorder.record(note("two"));
  REQUIRE(content_of(file).empty());
  recorder.flush();
  REQUIRE(Journal::read(file).events().size() == 2);
}

TEST_CASE("recorder_appends_and_does_not_glue_to_a_torn_line") {
  const Directory directory;
  const fs::path file = directory.file("journal");
  std::ofstream(file) << R"({"time_us":1,"event":"no)";
  {
    FileRecorder recorder(file, nullptr);
    recorder.record(note("new"));
  }
  const Journal journal = Journal::read(file);
  REQUIRE(journal.events().size() == 1);
  REQUIRE(journal.bad_lines().size() == 1);
}

TEST_CASE("recorder_throws_when_the_file_can_not_be_opened") {
  const Directory directory;
  REQUIRE_THROWS_AS(FileRecorder(directory.file("no/such/place"), nullptr), std::system_error);
}

TEST_CASE("recorder_resumes_inside_a_line_once_there_is_room_again") {
  const Directory directory;
  const fs::path file = directory.file("journal");
  std::vector<std::string> messages;
  std::string expected;
  FileRecorder recorder(file, [&](const std::string& message) { messages.push_back(message); });
  FileSizeLimit limit(100);
  for (int i = 0; i < 40; ++i) {
    const std::string text = "event number " + std::to_string(i);
    const Event event = note(text, i);
    encode(event, static_cast<std::uint64_t>(i) + 1, expected);
    recorder.record(event);
    // A disk that is given room bit by bit: every flush stops in the middle of some line.
    if (i % 4 == 0) limit.set(static_cast<rlim_t>(100 + i * 17));
    recorder.flush();
    REQUIRE(content_of(file) == expected.substr(0, content_of(file).size()));
  }
  REQUIRE(recorder.backlog() > 0);
  REQUIRE(messages.size() == 1);
  REQUIRE_THAT(messages[0], Catch::Contains("can't be written"));
  limit.lift();
  recorder.flush();
  REQUIRE(recorder.backlog() == 0);
  REQUIRE(recorder.lost() == 0);
  REQUIRE(content_of(file) == expected);
  REQUIRE(messages.size() == 2);
  REQUIRE_THAT(messages[1], Catch::Contains("written again"));
}

TEST_CASE("recorder_leaves_no_torn_line_when_the_disk_stays_full") {
  const Directory directory;
  const fs::path file = directory.file("journal");
  {
    const FileSizeLimit limit(150);
    FileRecorder recorder(file, nullptr);
    for (int i = 0; i < 10; ++i)
      recorder.record(note("some text to fill the disk", i));
    recorder.flush();
    REQUIRE(content_of(file).size() == 150);
    REQUIRE(content_of(file).back() != '\n');
  }
  const Journal journal = Journal::read(file);
  REQUIRE(journal.bad_lines().empty());
  REQUIRE(journal.events().size() == 2);
}

TEST_CASE("recorder_counts_at_its_end_what_never_got_to_the_disk") {
  FileRecorder full("/dev/full", nullptr);
  for (int i = 0; i < 5; ++i)
    full.record(note("five of them", i));
  full.flush();
  REQUIRE(full.lost() == 0); // there may be room again
  full.close();
  REQUIRE(full.lost() == 5);

  const Directory directory;
  const fs::path file = directory.file("journal");
  std::ofstream(file) << R"({"time_us":1,"event":"no)";
  FileRecorder part(file, nullptr);
  {
    const FileSizeLimit limit(24);
    part.record(note("another run left a torn line", 1));
    part.record(note("so there are two events of ours", 2));
    part.close();
  }
  REQUIRE(part.lost() == 2);

  FileRecorder well(directory.file("other"), nullptr);
  well.record(note("written", 1));
  well.close();
  REQUIRE(well.lost() == 0);
}

TEST_CASE("recorder_leaves_a_gap_in_the_numbers_where_events_were_lost") {
  const Directory directory;
  const fs::path file = directory.file("journal");
  std::uint64_t lost = 0;
  {
    FileRecorder recorder(file, nullptr);
    recorder.record(note("before"));
    recorder.flush();
    const std::string text(100000, 'x');
    {
      const FileSizeLimit full(200);
      for (int i = 0; i < 200; ++i) {
        recorder.record(note(text));
        recorder.flush();
      }
    }
    recorder.flush();
    recorder.record(note("after"));
    lost = recorder.lost();
  }
  REQUIRE(lost > 0);
  const Journal journal = Journal::read(file);
  REQUIRE(journal.bad_lines().empty());
  REQUIRE(journal.events().size() == 202 - lost);
  CHECK(journal.events().back().sequence == 202);
  std::uint64_t last = 0;
  std::uint64_t missing = 0;
  for (const Event& event : journal.events()) {
    missing += event.sequence - last - 1;
    last = event.sequence;
  }
  CHECK(missing == lost);
}

TEST_CASE("recorder_survives_a_full_device_and_counts_what_it_loses") {
  std::vector<std::string> messages;
  FileRecorder recorder("/dev/full",
                        [&](const std::string& message) { messages.push_back(message); });
  const std::string text(100000, 'x');
  for (int i = 0; i < 300; ++i) {
    recorder.record(note(text));
    recorder.flush();
  }
  REQUIRE(messages.size() == 1);
  REQUIRE_THAT(messages[0], Catch::Contains("No space left"));
  REQUIRE(recorder.lost() > 100);
  REQUIRE(recorder.backlog() < FileRecorder::backlog_limit + 2 * text.size());
}

TEST_CASE("recorder_writes_whole_lines_through_a_pipe_that_is_read_slowly") {
  const Directory directory;
  const fs::path file = directory.file("pipe");
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  std::string received;
  std::thread reader([&] {
    const int fd = ::open(file.c_str(), O_RDONLY);
    char piece[777];
    ssize_t count = 0;
    while ((count = ::read(fd, piece, sizeof piece)) > 0)
      received.append(piece, static_cast<std::size_t>(count));
    ::close(fd);
  });
  std::string expected;
  {
    FileRecorder recorder(file, nullptr);
    for (int i = 0; i < 3000; ++i) {
      const std::string text = "through the pipe in many pieces, " + std::to_string(i);
      const Event event = note(text, i);
      encode(event, static_cast<std::uint64_t>(i) + 1, expected);
      recorder.record(event);
      if (i % 1000 == 0) recorder.flush();
    }
  }
  reader.join();
  REQUIRE(received == expected);
}
