// A journal from a mark on: what came after it, and what is needed to understand that.
#include "control/since_mark.hpp"
#include "journal/recorder.hpp"
#include "support/catch.hpp"

#include <string>

using namespace tempfail;
namespace event = journal::event;
using scenario::Stage;

namespace {

event::Exchange exchange(Stage stage, std::string_view line) {
  event::Exchange made;
  made.stage = stage;
  made.line = line;
  made.code = 250;
  return made;
}

} // namespace

TEST_CASE("since a mark: servers stay, sessions that went on keep how they began") {
  journal::MemoryRecorder recorder;
  const auto record = [&recorder](std::uint64_t session, const journal::Body& body) {
    recorder.record({Moment{}, session, session == 0 ? 0U : 1U, body});
  };
  recorder.record({Moment{}, 0, 0, event::Run{"1"}});
  event::Server server;
  server.scenario = "healthy";
  recorder.record({Moment{}, 0, 1, server});
  for (const std::uint64_t session : {1U, 2U}) {
    record(session, event::Connect{"127.0.0.1"});
    record(session, exchange(Stage::ehlo, "EHLO x"));
    record(session, exchange(Stage::mail, "MAIL before"));
  }
  record(1, event::Disconnect{});
  event::Handover handover;
  handover.id = "1";
  record(0, handover);
  record(0, event::JournalMark{"here"}); // the eleventh
  record(2, exchange(Stage::mail, "MAIL after"));
  record(3, event::Connect{"127.0.0.1"});
  const journal::Journal whole = journal::Journal::decode(recorder.text());
  REQUIRE(whole.events().size() == 13);
  const journal::Journal part =
      journal::Journal::decode(control::lines_since(recorder.text(), whole, 11));
  std::vector<std::uint64_t> left;
  for (const journal::Event& one : part.events())
    left.push_back(one.sequence);
  CHECK(left == std::vector<std::uint64_t>{1, 2, 6, 7, 12, 13});
  CHECK(part.scenario_of(part.events().back()) == "healthy");
  CHECK(control::lines_since(recorder.text(), whole, 0) == recorder.text());
}
