// A journal in several files: each event is in one of them, each begins with what its reader needs, and together they
// are read as one.
#include "journal/reader.hpp"
#include "journal/recorder.hpp"
#include "recorder_files.hpp"
#include "support/catch.hpp"

#include <fstream>
#include <set>
#include <sstream>
#include <string>

using namespace tempfail;
using namespace tempfail::journal;
using namespace tempfail::journal::test;
namespace fs = std::filesystem;

namespace {

/// Writes as a server does.
class Writer {
 public:
  explicit Writer(const fs::path& file, std::uint64_t rotate = 0)
      : recorder_(file, [this](const std::string& message) { messages.push_back(message); }) {
    recorder_.allow_new_files(rotate);
    event::Run run;
    run.version = "test";
    run.started_unix_us = 1'767'225'600'000'000;
    add(0, 0, run);
  }
  void open(std::uint32_t number, std::string_view scenario) {
    event::Server server;
    server.scenario = scenario;
    server.text = "summary: A server\n";
    add(0, number, server);
  }
  void note(std::string_view text) { add(0, 0, event::Note{text}); }
  void add(std::uint64_t session, std::uint32_t server, const Body& body) {
    recorder_.record({Moment(++time_), session, server, body});
  }
  FileRecorder& recorder() { return recorder_; }

  std::vector<std::string> messages;

 private:
  FileRecorder recorder_;
  std::int64_t time_ = 0;
};

std::set<std::uint64_t> numbers_in(const std::string& text) {
  std::set<std::uint64_t> numbers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("{\"again\":true,")) continue;
    const Journal one = Journal::decode(line);
    REQUIRE(one.events().size() == 1);
    REQUIRE(numbers.insert(one.events().front().sequence).second);
  }
  return numbers;
}

} // namespace

TEST_CASE("rotation_by_size_loses_nothing_and_each_file_begins_with_its_servers") {
  const Directory directory;
  const fs::path file = directory.file("run.jsonl");
  constexpr int notes = 300;
  {
    Writer writer(file, 2000);
    writer.open(1, "disk-full");
    writer.open(2, "greylisted");
    for (int i = 0; i < notes; ++i) {
      writer.note("note " + std::to_string(i));
      if (i == 150) writer.add(0, 1, event::Closed{});
      writer.recorder().flush();
    }
    CHECK(writer.messages.empty());
  }
  const std::size_t count = directory.files();
  REQUIRE(count > 5);
  std::set<std::uint64_t> all;
  std::string joined;
  for (std::size_t i = 1; i <= count; ++i) {
    const fs::path part = i == count ? file : directory.file("run.jsonl." + std::to_string(i));
    const std::string text = content_of(part);
    CHECK(text.size() < 3000);
    for (const std::uint64_t number : numbers_in(text))
      REQUIRE(all.insert(number).second);
    const Journal alone = Journal::decode(text);
    CHECK(std::holds_alternative<event::Continued>(alone.events().back().body) == (i != count));
    CHECK(alone.bad_lines().empty());
    REQUIRE(alone.events().size() > 2);
    CHECK(std::holds_alternative<event::Run>(alone.events()[0].body));
    Event of_server;
    of_server.server = 2;
    CHECK(alone.scenario_of(of_server) == "greylisted");
    joined += text;
  }
  CHECK(all.size() == notes + 4 + (count - 1)); // each file but the last says that it goes on
  CHECK(*all.rbegin() == all.size());
  // The last file knows nothing of the server that was closed.
  CHECK_THAT(content_of(file), !Catch::Contains("disk-full"));
  const Journal whole = Journal::decode(joined);
  REQUIRE(whole.events().size() == all.size());
  std::uint64_t expected = 0;
  for (const Event& event : whole.events()) {
    CHECK(event.sequence == ++expected);
    CHECK(event.writer == whole.events().front().writer);
  }
}

TEST_CASE("rotation_passes_over_names_that_are_taken") {
  const Directory directory;
  const fs::path file = directory.file("run.jsonl");
  std::ofstream(directory.file("run.jsonl.1")) << "of an earlier run\n";
  Writer writer(file, 1000);
  writer.note(std::string(1000, 'x'));
  writer.recorder().flush();
  CHECK(content_of(directory.file("run.jsonl.1")) == "of an earlier run\n");
  CHECK(fs::exists(directory.file("run.jsonl.2")));
}

TEST_CASE("rotation_of_a_long_beginning_does_not_go_on_for_ever") {
  const Directory directory;
  const fs::path file = directory.file("run.jsonl");
  Writer writer(file, 1000);
  const std::string name(5000, 'n');
  writer.open(1, name);
  writer.recorder().flush();
  for (int i = 0; i < 3; ++i) {
    writer.note("little");
    writer.recorder().flush();
  }
  CHECK(directory.files() == 2);
}

TEST_CASE("rotation_that_fails_is_told_and_the_file_is_written_on") {
  const Directory directory;
  const fs::path folder = directory.file("folder");
  fs::create_directory(folder);
  const fs::path file = folder / "run.jsonl";
  Writer writer(file, 1000);
  fs::rename(folder, directory.file("elsewhere")); // nothing has the name any more
  writer.note(std::string(1500, 'x'));
  writer.recorder().flush();
  REQUIRE(writer.messages.size() == 1);
  CHECK_THAT(writer.messages[0], Catch::Contains("can't be rotated: No such file or directory"));
  writer.note("goes on");
  writer.recorder().flush();
  CHECK(Journal::read(directory.file("elsewhere") / "run.jsonl").events().size() == 3);
}

TEST_CASE("reopen_goes_on_in_a_new_file_after_the_old_one_was_moved") {
  const Directory directory;
  const fs::path file = directory.file("run.jsonl");
  Writer writer(file);
  writer.open(1, "disk-full");
  writer.note("before");
  writer.recorder().reopen(); // nobody has moved it
  CHECK(directory.files() == 1);
  fs::rename(file, directory.file("old"));
  writer.note("still in the old one");
  writer.recorder().reopen();
  writer.note("in the new one");
  writer.recorder().close();
  CHECK(numbers_in(content_of(directory.file("old"))) == std::set<std::uint64_t>{1, 2, 3, 4, 5});
  CHECK(numbers_in(content_of(file)) == std::set<std::uint64_t>{6});
  CHECK(Journal::read(file).events().size() == 3);
  CHECK(writer.messages.empty());
  CHECK(writer.recorder().lost() == 0);
}

TEST_CASE("reopen_that_fails_keeps_the_old_file") {
  const Directory directory;
  const fs::path file = directory.file("run.jsonl");
  Writer writer(file);
  fs::rename(file, directory.file("old"));
  fs::create_directory(file);
  writer.recorder().reopen();
  REQUIRE(writer.messages.size() == 1);
  CHECK_THAT(writer.messages[0],
             Catch::Contains("can't be opened again: Is a directory; the old file stays in use"));
  writer.note("more");
  writer.recorder().close();
  CHECK(numbers_in(content_of(directory.file("old"))).size() == 2);
}

TEST_CASE("reopen_takes_what_a_full_disk_left_into_the_new_file") {
  const Directory directory;
  const fs::path file = directory.file("run.jsonl");
  Writer writer(file);
  writer.open(1, "disk-full");
  writer.recorder().flush();
  const std::size_t before = content_of(file).size();
  for (int i = 0; i < 20; ++i) {
    const FileSizeLimit limit(before + 50 + static_cast<std::size_t>(i) * 7);
    writer.note("some text that does not fit " + std::to_string(i));
    writer.recorder().flush();
  }
  CHECK(content_of(file).back() != '\n');
  fs::rename(file, directory.file("old"));
  writer.recorder().reopen();
  writer.recorder().close();
  CHECK(writer.recorder().lost() == 0);
  std::set<std::uint64_t> all = numbers_in(content_of(directory.file("old")));
  for (const std::uint64_t number : numbers_in(content_of(file)))
    CHECK(all.insert(number).second);
  CHECK(all.size() == 23);
  CHECK(*all.rbegin() == 23);
}

TEST_CASE("reopen_counts_what_is_never_written_and_not_the_beginning") {
  const Directory directory;
  const fs::path file = directory.file("run.jsonl");
  Writer writer(file);
  writer.open(1, "disk-full");
  writer.recorder().flush();
  fs::rename(file, directory.file("old"));
  {
    const FileSizeLimit limit(10);
    writer.recorder().reopen();
    writer.note("one");
    writer.note("two");
    writer.recorder().close();
  }
  CHECK(writer.recorder().lost() == 2);
  CHECK(Journal::read(file).bad_lines().empty());
}

TEST_CASE("rotated_journal_a_part_alone_leaves_out_sessions_that_began_before") {
  const Directory directory;
  const fs::path file = directory.file("run.jsonl");
  Writer writer(file);
  writer.open(1, "disk-full");
  const auto says = [&writer](std::uint64_t session) {
    event::Exchange exchange;
    exchange.stage = scenario::Stage::mail;
    exchange.line = "MAIL FROM:<a@b.test>";
    writer.add(session, 1, exchange);
  };
  writer.add(1, 1, event::Connect{});
  fs::rename(file, directory.file("old"));
  writer.recorder().reopen();
  says(1);
  writer.add(2, 1, event::Connect{});
  says(2);
  writer.recorder().close();
  const auto headless = [](const Journal& journal) {
    std::set<std::uint64_t> sessions;
    for (const Event& event : journal.events())
      if (journal.lacks_beginning(event)) sessions.insert(event.session);
    return sessions;
  };
  CHECK(headless(Journal::read(file)) == std::set<std::uint64_t>{1});
  const std::string both = content_of(directory.file("old")) + content_of(file);
  const Journal whole = Journal::decode(both);
  CHECK(headless(whole).empty());
  CHECK(whole.events().size() == 7);
  CHECK(Journal::read(file).first_sequence() == 5);
  CHECK(whole.first_sequence() == 1);
}

TEST_CASE("rotated_journal_of_two_runs_is_two_writers") {
  const std::string run = R"({"seq":1,"time_us":0,"event":"run","format":2,"started_unix_us":5})";
  const std::string again =
      R"({"again":true,"seq":1,"time_us":0,"event":"run","format":2,"started_unix_us":6})";
  const std::string note = R"({"seq":9,"time_us":1,"event":"note","text":"x"})";
  const Journal journal = Journal::decode(run + "\n" + note + "\n" + again + "\n" + note + "\n");
  REQUIRE(journal.events().size() == 4);
  CHECK(journal.events()[1].writer != journal.events()[3].writer);
}
