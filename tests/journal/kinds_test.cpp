// Field by field: what each kind of event says, read back from its line.
#include "journal/reader.hpp"
#include "journal/recorder.hpp"
#include "support/catch.hpp"

#include <array>
#include <string>

using namespace tempfail;
using namespace tempfail::journal;

namespace {

/// An event that went through its line, and the journal that owns its texts.
template <typename Kind>
class Back {
 public:
  explicit Back(const Kind& body) {
    Event event;
    event.time = Moment(9);
    event.server = 4;
    event.body = body;
    encode(event, line);
    journal_ = Journal::decode(line);
    REQUIRE(journal_.bad_lines().empty());
    REQUIRE(journal_.events().size() == 1);
  }
  const Kind* operator->() const { return &std::get<Kind>(journal_.events()[0].body); }

  std::string line;

 private:
  Journal journal_;
};

} // namespace

TEST_CASE("kinds: the run and what the sender declared of itself") {
  event::Run run;
  run.version = "1.2.3";
  run.seed = UINT64_MAX;
  run.time_scale = 60;
  run.started_unix_us = 1767225600000000;
  run.tls_policy = "required";
  run.role = "queueing";
  run.without = "dsn smtputf8";
  run.scaled_timeouts = true;
  run.queue_lifetime = std::chrono::hours(120);
  run.notifications_come = true;
  const Back back(run);
  CHECK(back->version == "1.2.3");
  CHECK(back->format == 2);
  CHECK(back->seed == UINT64_MAX);
  CHECK(back->time_scale == 60);
  CHECK(back->started_unix_us == 1767225600000000);
  CHECK(back->tls_policy == "required");
  CHECK(back->role == "queueing");
  CHECK(back->without == "dsn smtputf8");
  CHECK(back->scaled_timeouts);
  CHECK(back->queue_lifetime == std::chrono::hours(120));
  CHECK(back->notifications_come);
}

TEST_CASE("kinds: a server with its file, its hosts, its TLS and its clock") {
  const std::array<event::Host, 2> hosts = {
      {{"mx1.test", "127.0.0.1", 2525}, {"mx2.test", "::1", 65535}}};
  const std::string file = "# \xC3\xA4\nsummary: \"x\"\n";
  const Back back(
      event::Server{"disk-full", file, 0xFEDCBA9876543210U, hosts, "starttls", "manual", 7});
  CHECK(back->scenario == "disk-full");
  CHECK(back->text == file);
  CHECK(back->meaning_hash == 0xFEDCBA9876543210U);
  REQUIRE(back->hosts.size() == 2);
  CHECK(back->hosts[0].name == "mx1.test");
  CHECK(back->hosts[0].address == "127.0.0.1");
  CHECK(back->hosts[0].port == 2525);
  CHECK(back->hosts[1].name == "mx2.test");
  CHECK(back->hosts[1].address == "::1");
  CHECK(back->hosts[1].port == 65535);
  CHECK(back->tls == "starttls");
  CHECK(back->clock == "manual");
  CHECK(back->seed == 7);
}

TEST_CASE("kinds: an exchange with all of its fields") {
  event::Exchange e;
  e.stage = scenario::Stage::data;
  e.number = 5;
  e.asked = Moment(3);
  e.line = "BDAT 70 LAST";
  e.verb = "BDAT";
  e.address = ""; // MAIL FROM:<> has one: the empty one
  e.envelope_id = "id+20x";
  e.parameters = "RET=HDRS ENVID=id+20x";
  e.size = 70;
  e.last_chunk = true;
  e.pipelining = true;
  e.reply = "250 Ok\r\n";
  e.code = 250;
  e.rule = 8;
  e.met = true;
  e.other_actions = "drip";
  e.breaches = static_cast<Breaches>(Breach::size_wrong);
  e.answered = Moment(9);
  const Back back(e);
  CHECK(back->stage == scenario::Stage::data);
  CHECK(back->number == 5);
  CHECK(back->asked == Moment(3));
  CHECK(back->answered == Moment(9));
  CHECK_FALSE(back->open);
  CHECK(back->line == "BDAT 70 LAST");
  CHECK(back->verb == "BDAT");
  CHECK(back->address == "");
  CHECK(back->envelope_id == "id+20x");
  CHECK(back->parameters == "RET=HDRS ENVID=id+20x");
  CHECK(back->size == 70);
  CHECK(back->last_chunk);
  CHECK(back->pipelining);
  CHECK(back->reply == "250 Ok\r\n");
  CHECK(back->code == 250);
  CHECK(back->rule == 8);
  CHECK(back->met);
  CHECK(back->other_actions == "drip");
  CHECK(back->breaches == static_cast<Breaches>(Breach::size_wrong));
}

TEST_CASE("kinds: what a content holds, and the report on each recipient") {
  const std::array<event::RecipientReport, 2> reports = {
      {{"a@x", "failed", "5.1.1", "rfc822; A@x", "dns; mx.x", "smtp; 550 No", {}, true},
       {"b@x", "delayed", "4.4.7", {}, {}, {}, "tomorrow"}}};
  event::Content content{"1@a",           0xABU, 12,     3, 78, static_cast<Breaches>(Breach::nul),
                         "1-begin 1-end", 0,     reports};
  content.form = {
      "multipart/report", "message/delivery-status", "header", "dns; y", "id x", true, "m0@x"};
  content.repeated_marks = "1-begin";
  content.letters = "";
  content.missing_fields = "Subject";
  content.text_hash = 0xCDU;
  content.repeated_fields = "From";
  {
    const Back back(content);
    CHECK(back->message_id == "1@a");
    CHECK(back->hash == 0xAB);
    CHECK(back->size == 12);
    CHECK(back->received_fields == 3);
    CHECK(back->longest_line == 78);
    CHECK(back->breaches == static_cast<Breaches>(Breach::nul));
    CHECK(back->marks == "1-begin 1-end");
    CHECK(back->text_size == 0U); // somebody looked, and there was nothing
    CHECK(back->repeated_marks == "1-begin");
    REQUIRE(back->letters);
    CHECK(back->letters->empty()); // somebody looked, and they were gone
    CHECK(back->missing_fields == "Subject");
    CHECK(back->text_hash == 0xCD);
    CHECK(back->repeated_fields == "From");
    REQUIRE(back->reports.size() == 2);
    CHECK(back->reports[0].recipient == "a@x");
    CHECK(back->reports[0].action == "failed");
    CHECK(back->reports[0].status == "5.1.1");
    CHECK(back->reports[1].recipient == "b@x");
    CHECK(back->reports[1].action == "delayed");
    CHECK(back->reports[1].status == "4.4.7");
    CHECK(back->reports[0].original_recipient == "rfc822; A@x");
    CHECK(back->reports[0].remote_mta == "dns; mx.x");
    CHECK(back->reports[0].diagnostic == "smtp; 550 No");
    CHECK(back->reports[0].final_is_missing);
    CHECK_FALSE(back->reports[1].final_is_missing);
    CHECK(back->reports[1].will_retry_until == "tomorrow");
    CHECK(back->form.type == "multipart/report");
    CHECK(back->form.status_type == "message/delivery-status");
    CHECK(back->form.returned == "header");
    CHECK(back->form.reporting_mta == "dns; y");
    CHECK(back->form.original_envelope_id == "id x");
    CHECK(back->form.eight_bit_fields);
    CHECK(back->form.returned_message_id == "m0@x");
  }
  content.text_size.reset();
  content.letters.reset();
  content.reports = {};
  const Back back(content);
  CHECK_FALSE(back->text_size);
  CHECK_FALSE(back->letters);
  CHECK(back->reports.empty());
  CHECK(back.line.find("reports") == std::string::npos);
}

TEST_CASE("kinds: a handover, with the empty sender of a notification") {
  const std::array<std::string_view, 2> recipients = {"a@x", "b@x"};
  const Back back(event::Handover{"1", "", recipients, "NOTIFY=FAILURE RET=HDRS", "given", 99,
                                  0x1FU, "m@x", true, "RET=HDRS", 7, "1-begin", "ä", "Date", 0xEFU,
                                  "To"});
  CHECK(back.line.find(R"("sender":"")") != std::string::npos);
  CHECK(back->id == "1");
  CHECK(back->sender.empty());
  REQUIRE(back->recipients.size() == 2);
  CHECK(back->recipients[0] == "a@x");
  CHECK(back->recipients[1] == "b@x");
  CHECK(back->parameters == "NOTIFY=FAILURE RET=HDRS");
  CHECK(back->untold_parameters == "RET=HDRS");
  CHECK(back->content_source == "given");
  CHECK(back->marks == "1-begin");
  CHECK(back->letters == "ä");
  CHECK(back->missing_fields == "Date");
  CHECK(back->text_hash == 0xEF);
  CHECK(back->repeated_fields == "To");
  CHECK(back->size == 99);
  CHECK(back->hash == 0x1F);
  CHECK(back->message_id == "m@x");
  CHECK(back->offered);
}

TEST_CASE("kinds: a result for one recipient") {
  const Back back(event::Result{"1", "a@x", "temporary", 452, "4.3.1", "line 1"});
  CHECK(back->handover == "1");
  CHECK(back->recipient == "a@x");
  CHECK(back->result == "temporary");
  CHECK(back->code == 452);
  CHECK(back->status == "4.3.1");
  CHECK(back->problem == "line 1");
}

TEST_CASE("kinds: a process, and who ended it") {
  for (const auto& [ended, word] : {std::pair(event::ProcessEnd::watch, "watch"),
                                    std::pair(event::ProcessEnd::timeout, "timeout"),
                                    std::pair(event::ProcessEnd::interrupt, "interrupt")}) {
    const Back back(event::Process{false, 143, "send it", true, "1 2", ended, 1500, 250});
    CHECK(back.line.find("\"ended\":\"" + std::string(word) + "\"") != std::string::npos);
    CHECK(back->ended == ended);
    CHECK_FALSE(back->started);
    CHECK(back->exit_code == 143);
    CHECK(back->command == "send it");
    CHECK(back->queue);
    CHECK(back->handover == "1 2");
    CHECK(back->user_us == 1500);
    CHECK(back->system_us == 250);
  }
  const Back itself(event::Process{true, 0, "send", false, {}, event::ProcessEnd::itself, 0, 0});
  CHECK(itself.line.find("ended") == std::string::npos);
  CHECK(itself->ended == event::ProcessEnd::itself);
  CHECK(itself->started);
}

TEST_CASE("kinds: a reply of its own, and whether the server reads") {
  const Back reply(event::Reply{3, "450 later\r\n", 450, "a@x"});
  CHECK(reply->exchange == 3);
  CHECK(reply->reply == "450 later\r\n");
  CHECK(reply->code == 450);
  CHECK(reply->recipient == "a@x");
  CHECK(Back(event::Reading{true})->stopped);
  CHECK_FALSE(Back(event::Reading{false})->stopped);
  CHECK(Back(event::Sending{17})->unsent == 17);
  CHECK(Back(event::Sending{})->unsent == 0);
}

TEST_CASE(
    "kinds: the end of a connection, reset by the server, breaches of a client that said nothing") {
  const Back back(event::Disconnect{event::EndedBy::server, scenario::Stage::mail, 5, "RC", true,
                                    static_cast<Breaches>(Breach::talked_before_greeting)});
  CHECK(back->by == event::EndedBy::server);
  CHECK(back->stage == scenario::Stage::mail);
  CHECK(back->content_bytes == 5);
  CHECK(back->pending == "RC");
  CHECK(back->reset);
  CHECK(back->breaches == static_cast<Breaches>(Breach::talked_before_greeting));
}

TEST_CASE("kinds: the store, lost and found") {
  const Back lost(event::Store{true, "Connection refused", Moment(4711), false});
  CHECK(lost->lost);
  CHECK(lost->reason == "Connection refused");
  CHECK(lost->since == Moment(4711));
  CHECK_FALSE(lost->restarted);
  const Back found(event::Store{false, {}, {}, true});
  CHECK_FALSE(found->lost);
  CHECK(found->restarted);
  event::Exchange exchange;
  CHECK_FALSE(Back(exchange)->store_lost);
  exchange.store_lost = true;
  CHECK(Back(exchange)->store_lost);
  event::Disconnect end{event::EndedBy::store_lost, scenario::Stage::mail, 0, {}, false, 0};
  CHECK(Back(end)->by == event::EndedBy::store_lost);
  CHECK_FALSE(Back(end)->instead);
  end.instead = true;
  CHECK(Back(end)->instead);
}

TEST_CASE("kinds: a handshake that the scenario is about") {
  CHECK(Back(event::Tls{false, "", "", "", "alert 48", true})->met);
  CHECK_FALSE(Back(event::Tls{true, "TLSv1.3", "", "", "", false})->met);
}

TEST_CASE("kinds: a query to the name server, and what it was told") {
  event::Query query;
  query.client = "127.0.0.2";
  query.transport = scenario::Transport::tcp;
  query.name = "mx-servfail.test";
  query.type = "MX";
  query.id = 65535;
  query.asked = Moment(3);
  query.answered = Moment(9);
  query.answer = "servfail";
  query.truncated = true;
  query.records = "MX 10 mx1.mx-servfail.test.";
  query.rule = 12;
  query.met = true;
  query.other_faults = "late";
  {
    const Back back(query);
    CHECK(back->client == "127.0.0.2");
    CHECK(back->transport == scenario::Transport::tcp);
    CHECK(back->name == "mx-servfail.test");
    CHECK(back->type == "MX");
    CHECK(back->id == 65535);
    CHECK(back->asked == Moment(3));
    CHECK(back->answered == Moment(9));
    CHECK(back->answer == "servfail");
    CHECK(back->truncated);
    CHECK(back->records == "MX 10 mx1.mx-servfail.test.");
    CHECK(back->rule == 12);
    CHECK(back->met);
    CHECK(back->other_faults == "late");
  }
  query.answered.reset();
  query.transport = scenario::Transport::udp;
  query.asked = Moment(9); // when it was written, which is said once
  const Back back(query);
  CHECK_FALSE(back->answered);
  CHECK(back->transport == scenario::Transport::udp);
  CHECK(back->asked == Moment(9));
  CHECK(back.line.find("asked_us") == std::string::npos);
}

TEST_CASE("kinds: an empty queue") {
  CHECK(Back(event::QueueEmpty{}).line.find(R"("event":"queue-empty")") != std::string::npos);
}

TEST_CASE("kinds: the end of a part") {
  CHECK(Back(event::Continued{}).line.find(R"("event":"continued")") != std::string::npos);
}

TEST_CASE("kinds: what a test does to a server") {
  CHECK(Back(event::JournalMark{"second half"})->label == "second half");
  CHECK(Back(event::Advance{std::chrono::hours(3)})->by == std::chrono::hours(3));
  CHECK(Back(event::StateReset{}).line.find(R"("server":4,"event":"reset")") != std::string::npos);
  CHECK(Back(event::Closed{}).line.find(R"("server":4,"event":"closed")") != std::string::npos);
}
