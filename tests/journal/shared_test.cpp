// Several programs that write one journal: whole lines of each, and one order when it is read.
#include "journal/reader.hpp"
#include "journal/recorder.hpp"
#include "recorder_files.hpp"
#include "support/catch.hpp"

#include <map>
#include <string>
#include <vector>

using namespace tempfail;
using namespace tempfail::journal;
using namespace tempfail::journal::test;
namespace fs = std::filesystem;

namespace {

/// A program that writes to the file, and what it was told of it.
struct NodesRecorder {
  NodesRecorder(const fs::path& file, const std::string& name) : recorder(file, nullptr) {
    recorder.share(name);
  }
  void begin() {
    event::Run run;
    run.started_unix_us = 1;
    add(0, run);
    event::Server server;
    server.scenario = "case";
    add(0, server);
  }
  void add(std::int64_t at, const Body& body) {
    Event event{Moment(at), 0, 1, body};
    recorder.record(event);
    recorder.flush();
  }
  FileRecorder recorder;
};

} // namespace

TEST_CASE("shared: each event says who has written it, and has its number there") {
  const Directory directory;
  const fs::path file = directory.file("journal");
  NodesRecorder one(file, "1");
  NodesRecorder other(file, "2");
  one.begin();
  other.begin();
  one.add(5, event::Note{"a"});
  other.add(6, event::Note{"b"});
  const Journal journal = Journal::read(file);
  std::map<std::string, std::vector<std::uint64_t>> numbers;
  for (const Event& event : journal.events())
    numbers[std::string(event.node)].push_back(event.sequence);
  CHECK(numbers ==
        std::map<std::string, std::vector<std::uint64_t>>{{"1", {1, 2, 3}}, {"2", {1, 2, 3}}});
  for (const Event& event : journal.events())
    if (event.server != 0) CHECK(journal.scenario_of(event) == "case");
}

TEST_CASE("shared: a disk that is full leaves no part of a line for another to write on behind") {
  const Directory directory;
  const fs::path file = directory.file("journal");
  NodesRecorder one(file, "1");
  NodesRecorder other(file, "2");
  FileSizeLimit limit(0);
  for (int i = 0; i < 40; ++i) {
    limit.set(static_cast<rlim_t>(i * 41));
    (i % 2 == 0 ? one : other).add(i, event::Note{"some text that takes its room"});
    const std::string content = content_of(file);
    REQUIRE((content.empty() || content.back() == '\n'));
  }
  limit.lift();
  one.recorder.close();
  other.recorder.close();
  CHECK(one.recorder.lost() + other.recorder.lost() == 0);
  const Journal journal = Journal::read(file);
  CHECK(journal.bad_lines().empty());
  CHECK(journal.events().size() == 40);
}

TEST_CASE("shared: what goes on in another file says whose it is") {
  const Directory directory;
  const fs::path file = directory.file("journal");
  NodesRecorder one(file, "1");
  one.recorder.allow_new_files(0);
  one.begin();
  fs::rename(file, directory.file("aside"));
  one.recorder.reopen();
  one.add(5, event::Note{"a"});
  const Journal aside = Journal::read(directory.file("aside"));
  CHECK(std::holds_alternative<event::Continued>(aside.events().back().body));
  CHECK(aside.events().back().node == "1");
  const Journal after = Journal::read(file);
  for (const Event& event : after.events())
    CHECK(event.node == "1");
}

TEST_CASE("shared: events of several programs are put in the order of their times") {
  const Directory directory;
  const fs::path file = directory.file("journal");
  NodesRecorder one(file, "1");
  NodesRecorder other(file, "2");
  one.begin();
  one.add(5, event::Note{"c"});
  one.add(5, event::Note{"d"});
  other.begin();
  other.add(2, event::Note{"a"});
  other.add(4, event::Note{"b"});
  Journal journal = Journal::read(file);
  journal.put_in_order();
  std::string texts;
  for (const Event& event : journal.events()) {
    if (const auto* note = std::get_if<event::Note>(&event.body)) texts += note->text;
    CHECK(journal.scenario_of(event) == (event.server == 0 ? "" : "case"));
  }
  CHECK(texts == "abcd");
}

TEST_CASE("shared: what one program has written stays as it is") {
  const Directory directory;
  const fs::path file = directory.file("journal");
  NodesRecorder one(file, "1");
  one.add(5, event::Note{"first"});
  one.add(4, event::Note{"second"});
  Journal journal = Journal::read(file);
  journal.put_in_order();
  CHECK(std::get<event::Note>(journal.events().front().body).text == "first");
}
