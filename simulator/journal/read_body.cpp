// One small reader for each kind of event, in a table by name.
#include "journal/fields.hpp"

#include <algorithm>
#include <array>

namespace tempfail::journal {
namespace {

std::optional<scenario::Stage> stage_of(const Fields& fields) {
  const auto index = fields.word("stage", scenario::stage_names);
  if (!index) return std::nullopt;
  return static_cast<scenario::Stage>(*index);
}

// One reader for each kind of event. Nothing: a word in it is a later version's.

using Read = std::optional<Body> (*)(const Fields& fields, Moment time);

std::optional<Body> run(const Fields& fields, Moment) {
  event::Run e;
  e.version = fields.text("version");
  e.format = fields.number<std::uint32_t>("format", 1);
  e.seed = fields.number<std::uint64_t>("seed");
  e.time_scale = fields.number<double>("time_scale", 1.0);
  e.started_unix_us = fields.number<std::int64_t>("started_unix_us");
  e.tls_policy = fields.text("tls_policy");
  e.role = fields.text("role");
  e.without = fields.text("without");
  e.scaled_timeouts = fields.flag("scaled_timeouts");
  e.queue_lifetime = fields.moment("queue_lifetime_us");
  e.notifications_come = fields.flag("notifications_come");
  e.clock_error = fields.moment("clock_error_us");
  return e;
}

std::optional<Body> server(const Fields& fields, Moment) {
  event::Server e;
  e.scenario = fields.text("scenario");
  e.text = fields.text("text");
  e.meaning_hash = fields.hex("model");
  e.tls = fields.text("tls");
  e.clock = fields.text("clock");
  e.seed = fields.number<std::uint64_t>("seed");
  std::vector<event::Host>& hosts = fields.memory().hosts.emplace_back();
  fields.each_object("hosts", [&hosts](const Fields& host) {
    hosts.push_back({host.text("name"), host.text("address"), host.number<std::uint16_t>("port")});
  });
  e.hosts = hosts;
  return e;
}

std::optional<Body> connect(const Fields& fields, Moment) {
  return event::Connect{fields.text("client"), fields.number<std::uint16_t>("client_port"),
                        fields.number<std::uint16_t>("server_port"), fields.flag("implicit_tls")};
}

std::optional<Body> exchange(const Fields& fields, Moment time) {
  const auto stage = stage_of(fields);
  if (!stage) return std::nullopt;
  event::Exchange e;
  e.stage = *stage;
  e.number = fields.number<std::uint32_t>("number");
  e.asked = fields.moment("asked_us", time);
  e.open = fields.flag("open");
  e.line = fields.text("line");
  e.verb = fields.text("verb");
  e.address = fields.optional_text("address");
  e.envelope_id = fields.text("envelope_id");
  e.parameters = fields.text("parameters");
  e.size = fields.number<std::uint64_t>("size");
  e.last_chunk = fields.flag("last_chunk");
  e.pipelining = fields.flag("pipelining");
  e.reply = fields.text("reply");
  e.code = fields.number<int>("code");
  e.rule = fields.number<int>("rule");
  e.met = fields.flag("met");
  e.other_actions = fields.text("did");
  e.breaches = fields.breaches();
  e.store_lost = fields.flag("store_lost");
  if (!e.open && !e.reply.empty()) e.answered = time;
  return e;
}

std::optional<Body> reply(const Fields& fields, Moment) {
  return event::Reply{fields.number<std::uint32_t>("number"), fields.text("reply"),
                      fields.number<int>("code"), fields.text("recipient")};
}

std::optional<Body> reading(const Fields& fields, Moment) {
  return event::Reading{fields.flag("stopped")};
}

std::optional<Body> sending(const Fields& fields, Moment) {
  return event::Sending{fields.number<std::uint64_t>("unsent")};
}

std::optional<Body> content(const Fields& fields, Moment) {
  event::Content e;
  e.message_id = fields.text("message_id");
  e.hash = fields.hex("hash");
  e.size = fields.number<std::uint64_t>("size");
  e.received_fields = fields.number<std::uint32_t>("received_fields");
  e.longest_line = fields.number<std::uint32_t>("longest_line");
  e.breaches = fields.breaches();
  e.marks = fields.text("marks");
  e.repeated_marks = fields.text("repeated_marks");
  e.letters = fields.optional_text("letters");
  e.missing_fields = fields.text("missing_fields");
  constexpr std::uint64_t nobody_looked = UINT64_MAX;
  const auto text_size = fields.number<std::uint64_t>("text_size", nobody_looked);
  if (text_size != nobody_looked) e.text_size = text_size;
  e.text_hash = fields.hex("text_hash");
  e.repeated_fields = fields.text("repeated_fields");
  std::vector<event::RecipientReport> reports;
  fields.each_object("reports", [&reports](const Fields& one) {
    reports.push_back({one.text("recipient"), one.text("action"), one.text("status"),
                       one.text("original_recipient"), one.text("remote_mta"),
                       one.text("diagnostic"), one.text("will_retry_until"),
                       one.flag("final_is_missing")});
  });
  if (!reports.empty()) e.reports = fields.memory().reports.emplace_back(std::move(reports));
  e.form = {fields.text("type"),
            fields.text("status_type"),
            fields.text("returned"),
            fields.text("reporting_mta"),
            fields.text("original_envelope_id"),
            fields.flag("eight_bit_fields"),
            fields.text("returned_message_id")};
  return e;
}

std::optional<Body> accepted(const Fields& fields, Moment) {
  return event::Accepted{fields.number<std::uint64_t>("transaction")};
}

std::optional<Body> tls(const Fields& fields, Moment) {
  return event::Tls{fields.flag("ok"),          fields.text("version"), fields.text("cipher"),
                    fields.text("server_name"), fields.text("problem"), fields.flag("met")};
}

std::optional<Body> disconnect(const Fields& fields, Moment) {
  const auto stage = stage_of(fields);
  const auto by = fields.word("by", ended_by_names);
  if (!stage || !by) return std::nullopt;
  event::Disconnect e;
  e.by = static_cast<event::EndedBy>(*by);
  e.stage = *stage;
  e.content_bytes = fields.number<std::uint64_t>("content_bytes");
  e.pending = fields.text("pending");
  e.reset = fields.flag("reset");
  e.breaches = fields.breaches();
  e.instead = fields.flag("instead");
  return e;
}

std::optional<Body> handover(const Fields& fields, Moment) {
  event::Handover e;
  e.id = fields.text("handover");
  e.sender = fields.text("sender");
  e.recipients = fields.texts("recipients");
  e.parameters = fields.text("parameters");
  e.untold_parameters = fields.text("untold");
  e.content_source = fields.text("content");
  e.size = fields.number<std::uint64_t>("size");
  e.hash = fields.hex("hash");
  e.message_id = fields.text("message_id");
  e.offered = fields.flag("offered");
  e.text_size = fields.number<std::uint64_t>("text_size");
  e.marks = fields.text("marks");
  e.letters = fields.optional_text("letters");
  e.missing_fields = fields.text("missing_fields");
  e.text_hash = fields.hex("text_hash");
  e.repeated_fields = fields.text("repeated_fields");
  return e;
}

std::optional<Body> result(const Fields& fields, Moment) {
  return event::Result{fields.text("handover"), fields.text("recipient"),
                       fields.text("result"),   fields.number<int>("code"),
                       fields.text("status"),   fields.text("problem")};
}

std::optional<Body> process(const Fields& fields, Moment) {
  event::Process e;
  e.started = fields.flag("started");
  e.exit_code = fields.number<int>("exit_code");
  e.command = fields.text("command");
  e.queue = fields.flag("queue");
  e.handover = fields.text("handover");
  e.user_us = fields.number<std::uint64_t>("user_us");
  e.system_us = fields.number<std::uint64_t>("system_us");
  e.meaning = fields.text("meaning");
  if (fields.optional_text("ended")) {
    const auto ended = fields.word("ended", process_end_names);
    if (!ended) return std::nullopt;
    e.ended = static_cast<event::ProcessEnd>(*ended);
  }
  return e;
}

std::optional<Body> note(const Fields& fields, Moment) {
  return event::Note{fields.text("text")};
}

std::optional<Body> listen(const Fields& fields, Moment time) {
  const auto answer = fields.word("answer", listen_answer_names);
  if (!answer) return std::nullopt;
  event::Listen e;
  e.answer = static_cast<scenario::ListenAnswer>(*answer);
  e.unanswered = fields.number<std::uint64_t>("unanswered");
  e.refused = fields.number<std::uint64_t>("refused");
  if (e.refused != 0) e.refused_first = fields.moment("refused_first_us", time);
  e.counted = fields.flag("counted");
  return e;
}

std::optional<Body> forwarded(const Fields& fields, Moment) {
  return event::Forwarded{
      fields.text("to"),          fields.text("address"),
      fields.text("message_id"),  fields.number<std::uint32_t>("received_fields"),
      fields.number<int>("code"), fields.text("reply")};
}

std::optional<Body> query(const Fields& fields, Moment time) {
  const auto transport = fields.word("transport", scenario::transport_names);
  if (!transport) return std::nullopt;
  event::Query e;
  e.client = fields.text("client");
  e.transport = static_cast<scenario::Transport>(*transport);
  e.name = fields.text("name");
  e.type = fields.text("type");
  e.id = fields.number<std::uint16_t>("id");
  e.asked = fields.moment("asked_us", time);
  if (fields.flag("answered")) e.answered = time;
  e.answer = fields.text("answer");
  e.truncated = fields.flag("truncated");
  e.records = fields.text("records");
  e.rule = fields.number<int>("rule");
  e.met = fields.flag("met");
  e.other_faults = fields.text("did");
  return e;
}

std::optional<Body> store(const Fields& fields, Moment) {
  event::Store e;
  e.lost = fields.flag("lost");
  e.since = fields.moment("since_us");
  e.reason = fields.text("reason");
  e.restarted = fields.flag("restarted");
  return e;
}

std::optional<Body> mark(const Fields& fields, Moment) {
  return event::JournalMark{fields.text("label")};
}

std::optional<Body> advance(const Fields& fields, Moment) {
  return event::Advance{fields.moment("by_us")};
}

template <typename Empty>
std::optional<Body> nothing_more(const Fields&, Moment) {
  return Empty{};
}

struct Kind {
  std::string_view name;
  Read read;
};
constexpr std::array<Kind, std::variant_size_v<Body>> kinds = {{
    {"run", run},
    {"server", server},
    {"connect", connect},
    {"exchange", exchange},
    {"reply", reply},
    {"reading", reading},
    {"sending", sending},
    {"content", content},
    {"accepted", accepted},
    {"tls", tls},
    {"disconnect", disconnect},
    {"handover", handover},
    {"result", result},
    {"process", process},
    {"note", note},
    {"listen", listen},
    {"forwarded", forwarded},
    {"mark", mark},
    {"reset", nothing_more<event::StateReset>},
    {"advance", advance},
    {"closed", nothing_more<event::Closed>},
    {"query", query},
    {"queue-empty", nothing_more<event::QueueEmpty>},
    {"continued", nothing_more<event::Continued>},
    {"store", store},
    {"end", nothing_more<event::End>},
}};
static_assert(std::all_of(event_names.begin(), event_names.end(), [](std::string_view name) {
  return std::any_of(kinds.begin(), kinds.end(), [name](const Kind& k) { return k.name == name; });
}));

} // namespace

std::optional<Body> read_body(std::string_view name, const Fields& fields, Moment time) {
  for (const Kind& kind : kinds)
    if (kind.name == name) return kind.read(fields, time);
  return std::nullopt;
}

} // namespace tempfail::journal
