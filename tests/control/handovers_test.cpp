// Hand-overs and results are checked before anything of them is in the journal.
#include "control/handovers.hpp"
#include "control/refusal.hpp"
#include "support/catch.hpp"
#include "wire/content_hash.hpp"

using namespace tempfail;
using control::HandoverRequest;
using control::Handovers;
using control::RefusalKind;
using control::ResultRequest;

namespace {

HandoverRequest request() {
  HandoverRequest made;
  made.scenario = "healthy";
  made.sender = "a@a.test";
  made.recipients = {"b@b.test", "c@b.test"};
  return made;
}

const auto ignore = [](const journal::Body&) {};

/// Why it was refused, and that nothing was recorded; nothing: it was not.
std::optional<RefusalKind> refused(Handovers& handovers, const HandoverRequest& wanted) {
  bool recorded = false;
  try {
    handovers.add(wanted, [&recorded](const journal::Body&) { recorded = true; });
    return std::nullopt;
  } catch (const control::Refusal& refusal) {
    CHECK_FALSE(recorded);
    return refusal.kind();
  }
}

} // namespace

TEST_CASE("handovers: a content is hashed as the journal does it, and says its Message-ID") {
  const control::Limits limits;
  Handovers handovers(limits);
  HandoverRequest wanted = request();
  wanted.content = "Subject: x\r\nMessage-Id: <1@a.test>\r\n\r\nMessage-ID: <2@a.test>\r\n";
  wanted.parameters = {"NOTIFY=FAILURE", "RET=HDRS"};
  int recorded = 0;
  const control::HandoverView view = handovers.add(wanted, [&](const journal::Body& body) {
    ++recorded;
    const auto& event = std::get<journal::event::Handover>(body);
    CHECK(event.id == "1");
    CHECK(event.content_source.empty()); // without marks no copy shows whether something is missing
    CHECK(event.message_id == "1@a.test");
    CHECK(event.parameters == "NOTIFY=FAILURE RET=HDRS");
    CHECK(event.recipients.size() == 2);
    wire::ContentHash hash;
    hash.add(*wanted.content);
    CHECK(event.hash == hash.value());
    CHECK(event.size == wanted.content->size());
  });
  CHECK(recorded == 1);
  CHECK(view.id == "1");
  CHECK(handovers.scenario_of("1") == "healthy");
  CHECK(handovers.add(request(), ignore).id == "2");
}

TEST_CASE("handovers: a content with all marks has to arrive whole") {
  const control::Limits limits;
  Handovers handovers(limits);
  HandoverRequest wanted = request();
  wanted.content = "Subject: x\r\n\r\ntempfail-mark-1-begin.\r\ntempfail-mark-1-attachment.\r\n"
                   "tempfail-mark-1-end.\r\n";
  const auto given = [&] {
    std::string content;
    handovers.add(wanted, [&content](const journal::Body& body) {
      content = std::get<journal::event::Handover>(body).content_source;
    });
    return content;
  };
  CHECK(given() == "given");
  CHECK(given().empty()); // the marks are not those of the second one
}

TEST_CASE("handovers: where neither content nor hash is said, any message will do") {
  const control::Limits limits;
  Handovers handovers(limits);
  handovers.add(request(), [](const journal::Body& body) {
    CHECK(std::get<journal::event::Handover>(body).content_source.empty());
  });
}

TEST_CASE("handovers: what makes no sense is refused whole") {
  control::Limits limits;
  limits.handovers = 2;
  limits.recipients = 2;
  limits.text = 20;
  Handovers handovers(limits);
  const auto with = [](auto change) {
    HandoverRequest wanted = request();
    change(wanted);
    return wanted;
  };
  CHECK(refused(handovers, with([](auto& it) { it.recipients = {}; })) == RefusalKind::invalid);
  CHECK(refused(handovers, with([](auto& it) {
                  it.recipients = {"a", "b", "c"};
                })) == RefusalKind::invalid);
  CHECK(refused(handovers, with([](auto& it) { it.recipients = {""}; })) == RefusalKind::invalid);
  CHECK(refused(handovers, with([](auto& it) { it.sender = "<a@a.test>"; })) ==
        RefusalKind::invalid);
  CHECK(refused(handovers, with([](auto& it) { it.sender = "a\r\nb"; })) == RefusalKind::invalid);
  CHECK(refused(handovers, with([](auto& it) { it.sender = std::string(21, 'a'); })) ==
        RefusalKind::invalid);
  CHECK(refused(handovers, with([](auto& it) { it.parameters = {"A B"}; })) ==
        RefusalKind::invalid);
  CHECK(refused(handovers, with([](auto& it) { it.parameters = {""}; })) == RefusalKind::invalid);
  CHECK(refused(handovers, with([](auto& it) { it.id = "a b"; })) == RefusalKind::invalid);
  CHECK(refused(handovers, with([](auto& it) {
                  it.content = "x";
                  it.hash = 1;
                })) == RefusalKind::invalid);
  CHECK_FALSE(refused(handovers, with([](auto& it) { it.id = "one"; })));
  CHECK(refused(handovers, with([](auto& it) { it.id = "one"; })) == RefusalKind::conflict);
  CHECK_FALSE(refused(handovers, request()));
  CHECK(refused(handovers, request()) == RefusalKind::full);
}

TEST_CASE("handovers: a result is of the only handover, or of one that is named") {
  const control::Limits limits;
  Handovers handovers(limits);
  const auto result = [&handovers](const ResultRequest& wanted) -> std::string {
    std::string of;
    try {
      handovers.add_result(wanted, [&of](const journal::Body& body) {
        of = std::get<journal::event::Result>(body).handover;
      });
    } catch (const control::Refusal& refusal) {
      return refusal.what();
    }
    return of;
  };
  CHECK(result({"", "", "delivered", 0, ""}) == "`handover` is missing, and there are 0 handovers");
  handovers.add(request(), ignore);
  CHECK(result({"", "", "delivered", 250, "2.0.0"}) == "1");
  CHECK(result({"", "b@b.test", "permanent", 550, "5.1.1"}) == "1");
  CHECK(result({"", "x@b.test", "permanent", 0, ""}) == "the message does not go to x@b.test");
  CHECK(result({"", "", "lost", 0, ""}).starts_with("`result` lost"));
  for (const int code : {1, 199, 600, -1})
    CHECK(result({"", "", "delivered", code, ""}).starts_with("`code`"));
  for (const char* status : {"3.0.0", "4.4", "4.4.7.1", "4..7", "4.4.1234", "44.4.7", "x"})
    CHECK(result({"", "", "temporary", 0, status}).starts_with("`status`"));
  handovers.add(request(), ignore);
  CHECK(result({"", "", "delivered", 0, ""}) == "`handover` is missing, and there are 2 handovers");
  CHECK(result({"2", "", "delivered", 0, ""}) == "2");
  CHECK(result({"3", "", "delivered", 0, ""}) == "there is no handover 3");
}
