// What is recorded later keeps its texts, whatever became of the memory they came from.
#include "journal/owned_event.hpp"

#include "journal/recorder.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace tempfail;
using namespace tempfail::journal;

namespace {

std::string encoded(const Event& event) {
  std::string out;
  encode(event, out);
  return out;
}

/// Makes an event of texts that are overwritten before it is looked at.
template <typename Make>
void check_kept(Make&& make) {
  std::string memory = "the texts of an event, which are soon gone";
  const auto text = [&memory](std::size_t begin, std::size_t end) {
    return std::string_view(memory).substr(begin, end - begin);
  };
  Event event;
  event.time = Moment(5);
  event.session = 3;
  event.server = 2;
  event.node = text(0, 3);
  event.body = make(text);
  const std::string before = encoded(event);
  OwnedEvent owned(event);
  memory.assign(memory.size(), '#');
  CHECK(encoded(owned.event()) == before);
  OwnedEvent moved = std::move(owned);
  CHECK(encoded(moved.event()) == before);
}

} // namespace

TEST_CASE("owned event: texts of every kind that a session records stay") {
  check_kept([](const auto& text) {
    event::Exchange e;
    e.line = text(0, 9);
    e.verb = text(4, 9);
    e.address = text(10, 12);
    e.envelope_id = text(13, 15);
    e.parameters = text(4, 15);
    e.reply = text(16, 21);
    e.other_actions = text(22, 30);
    return Body(e);
  });
  check_kept([](const auto& text) { return Body(event::Reply{4, text(0, 9), 250, text(10, 12)}); });
  check_kept([](const auto& text) {
    return Body(
        event::Disconnect{event::EndedBy::server, scenario::Stage::mail, 3, text(0, 9), true, 1});
  });
  check_kept([](const auto& text) { return Body(event::Note{text(0, 9)}); });
  check_kept([](const auto&) { return Body(event::Reading{true}); });
  check_kept([](const auto&) { return Body(event::Accepted{7}); });
  check_kept([](const auto& text) {
    event::Content c;
    c.message_id = text(0, 9);
    c.marks = text(10, 12);
    c.form = {text(0, 3), text(4, 9), text(13, 15), text(16, 21), text(22, 30), true};
    c.repeated_marks = text(13, 15);
    c.letters = text(16, 21);
    c.missing_fields = text(0, 3);
    c.repeated_fields = text(0, 3);
    return Body(c);
  });
  check_kept([](const auto& text) {
    return Body(event::Tls{true, text(0, 3), text(4, 9), text(10, 12), text(13, 15), true});
  });
}

TEST_CASE("owned event: the reports of a content stay with it") {
  std::vector<event::RecipientReport> reports;
  check_kept([&reports](const auto& text) {
    reports = {{text(0, 9), text(10, 12), text(13, 15)},
               {text(16, 21), {}, text(22, 30)},
               {{}, {}, {}, text(0, 3), text(4, 9), text(10, 12), text(13, 15), true}};
    event::Content c;
    c.reports = reports;
    return Body(c);
  });
  reports = {{"b@rcpt.test", "failed", "5.1.1"},
             {"c@rcpt.test", {}, "4.2.2"}}; // whose texts are there
  const Event event{Moment(1), 1, 1, event::Content{"m", 1, 1, 0, 1, 0, {}, {}, reports}};
  OwnedEvent owned(event);
  reports.assign(2, event::RecipientReport{"gone", "gone", "gone"});
  CHECK(std::get<event::Content>(owned.event().body).reports[0].recipient != "gone");
}

TEST_CASE("owned event: it happens when it is come to") {
  event::Exchange e;
  e.asked = Moment(5);
  Event event;
  event.time = Moment(5);
  event.body = e;
  {
    OwnedEvent silent(event);
    const Event& later = silent.at(Moment(90));
    CHECK(later.time == Moment(90));
    CHECK(std::get<event::Exchange>(later.body).asked == Moment(5));
    CHECK_FALSE(std::get<event::Exchange>(later.body).answered);
  }
  std::get<event::Exchange>(event.body).answered = Moment(5);
  OwnedEvent answered(event);
  CHECK(std::get<event::Exchange>(answered.at(Moment(90)).body).answered == Moment(90));
}
