// A reply that came later: what the reader makes of an exchange that was held back.
#include "journal/reader.hpp"
#include "journal/recorder.hpp"
#include "support/catch.hpp"

#include <string>

using namespace tempfail;
using namespace tempfail::journal;

namespace {

/// A journal in the making.
class Log {
 public:
  Log& open(std::int64_t at, std::uint64_t session, std::uint32_t number) {
    event::Exchange e;
    e.stage = scenario::Stage::mail;
    e.number = number;
    e.asked = Moment(at);
    e.open = true;
    return add(at, session, e);
  }
  Log& reply(std::int64_t at, std::uint64_t session, std::uint32_t number, std::string_view text,
             int code) {
    return add(at, session, event::Reply{number, text, code, {}});
  }
  Log& left(std::int64_t at, std::uint64_t session) {
    return add(
        at, session,
        event::Disconnect{event::EndedBy::client_closed, scenario::Stage::mail, 0, {}, false, 0});
  }
  Log& add(std::int64_t at, std::uint64_t session, const Body& body) {
    recorder_.record({Moment(at), session, 1, body});
    return *this;
  }
  Journal read() const { return Journal::decode(recorder_.text()); }

 private:
  MemoryRecorder recorder_;
};

const event::Exchange& exchange(const Journal& journal, std::size_t index) {
  return std::get<event::Exchange>(journal.events().at(index).body);
}

bool ended(const Journal& journal, std::uint64_t session) {
  for (const Event& event : journal.events())
    if (event.session == session && std::holds_alternative<event::Disconnect>(event.body))
      return true;
  return false;
}

} // namespace

TEST_CASE("merge: the first reply is filled into the exchange that waited for it") {
  const Journal journal =
      Log().open(10, 1, 4).reply(1200, 1, 4, "451 Later\r\n", 451).left(1300, 1).read();
  const auto& e = exchange(journal, 0);
  CHECK(e.open);
  CHECK(e.asked == Moment(10));
  CHECK(e.answered == Moment(1200));
  CHECK(e.reply == "451 Later\r\n");
  CHECK(e.code == 451);
  CHECK(journal.events().size() == 3); // the reply stays an event of its own
}

TEST_CASE("merge: a reply that never came, for the connection has ended") {
  const Journal journal = Log().open(10, 1, 4).left(1300, 1).read();
  CHECK_FALSE(exchange(journal, 0).answered);
  CHECK(exchange(journal, 0).code == 0);
  CHECK(ended(journal, 1));
}

TEST_CASE("merge: a reply of which nobody knows, for the journal ends first") {
  const Journal journal = Log().open(10, 1, 4).read();
  CHECK_FALSE(exchange(journal, 0).answered);
  CHECK_FALSE(ended(journal, 1));
}

TEST_CASE("merge: a second reply leaves the first one where it is") {
  const Journal journal = Log()
                              .open(10, 1, 4)
                              .reply(20, 1, 4, "250 One\r\n", 250)
                              .reply(30, 1, 4, "550 Two\r\n", 550)
                              .read();
  CHECK(exchange(journal, 0).reply == "250 One\r\n");
  CHECK(exchange(journal, 0).answered == Moment(20));
  CHECK(std::get<event::Reply>(journal.events()[2].body).code == 550);
}

TEST_CASE("merge: an exchange that had its reply keeps it when one more comes") {
  event::Exchange e;
  e.stage = scenario::Stage::mail;
  e.number = 4;
  e.asked = Moment(10);
  e.reply = "250 One\r\n";
  e.code = 250;
  const Journal journal = Log().add(10, 1, e).reply(20, 1, 4, "550 Two\r\n", 550).read();
  CHECK(exchange(journal, 0).code == 250);
  CHECK(exchange(journal, 0).answered == Moment(10));
}

TEST_CASE("merge: each session has its own, and a number of another exchange does not match") {
  const Journal journal = Log()
                              .open(10, 1, 4)
                              .open(11, 2, 4)
                              .reply(20, 2, 4, "452 Two\r\n", 452)
                              .reply(21, 1, 9, "250 Other\r\n", 250)
                              .reply(22, 1, 0, "421 Unasked\r\n", 421)
                              .reply(23, 1, 4, "451 One\r\n", 451)
                              .read();
  CHECK(exchange(journal, 0).code == 451);
  CHECK(exchange(journal, 0).answered == Moment(23));
  CHECK(exchange(journal, 1).code == 452);
}

TEST_CASE("merge: after the end of its session nothing is filled in") {
  const Journal journal =
      Log().open(10, 1, 4).left(20, 1).reply(30, 1, 4, "250 Ghost\r\n", 250).read();
  CHECK_FALSE(exchange(journal, 0).answered);
}

TEST_CASE("merge: it works across pieces of a journal that grows") {
  std::string first;
  event::Exchange e;
  e.stage = scenario::Stage::mail;
  e.number = 1;
  e.open = true;
  encode({Moment(1), 1, 1, e}, first);
  std::string second;
  encode({Moment(2), 1, 1, event::Reply{1, "250 Ok\r\n", 250, {}}}, second);
  Journal journal;
  journal.append(first);
  CHECK_FALSE(exchange(journal, 0).answered);
  journal.append(second);
  CHECK(exchange(journal, 0).answered == Moment(2));
}
