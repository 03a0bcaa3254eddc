// Events to JSON Lines. This runs for every command of every session, so it is written by hand: one
// buffer with room for the worst case, no checks inside, and many bytes at a time where nothing
// needs an escape. The format is described in docs/journal.md.
#include "journal/json_pen.hpp"
#include "journal/recorder.hpp"
#include "journal/words.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace tempfail::journal {
namespace {

/// No byte becomes more than a six-character escape.
constexpr std::size_t worst_growth = 6;
/// Room for all keys, numbers and breach names of one event.
constexpr std::size_t fixed_room = 1536;

/// What the keys, numbers and signs of one entry of a list take.
constexpr std::size_t entry_room = 96;

std::size_t text_size(const event::Run& e) {
  return e.version.size() + e.tls_policy.size() + e.role.size() + e.without.size();
}
std::size_t text_size(const event::Server& e) {
  std::size_t size = e.scenario.size() + e.text.size() + e.tls.size() + e.clock.size();
  for (const event::Host& host : e.hosts)
    size += host.name.size() + host.address.size() + entry_room;
  return size;
}
std::size_t text_size(const event::Connect& e) {
  return e.client.size();
}
std::size_t text_size(const event::Exchange& e) {
  return e.line.size() + e.verb.size() + (e.address ? e.address->size() : 0) +
         e.envelope_id.size() + e.parameters.size() + e.reply.size() + e.other_actions.size();
}
std::size_t text_size(const event::Reply& e) {
  return e.reply.size() + e.recipient.size();
}
std::size_t text_size(const event::Reading&) {
  return 0;
}
std::size_t text_size(const event::Sending&) {
  return 0;
}
std::size_t text_size(const event::Content& e) {
  std::size_t size = e.message_id.size() + e.marks.size() + e.repeated_marks.size() +
                     e.letters.value_or("").size() + e.missing_fields.size() +
                     e.repeated_fields.size() + e.form.type.size() + e.form.status_type.size() +
                     e.form.returned.size() + e.form.reporting_mta.size() +
                     e.form.original_envelope_id.size() + e.form.returned_message_id.size();
  for (const event::RecipientReport& report : e.reports)
    size += report.recipient.size() + report.action.size() + report.status.size() +
            report.original_recipient.size() + report.remote_mta.size() + report.diagnostic.size() +
            report.will_retry_until.size() + 2 * entry_room;
  return size;
}
std::size_t text_size(const event::Accepted&) {
  return 0;
}
std::size_t text_size(const event::Tls& e) {
  return e.version.size() + e.cipher.size() + e.server_name.size() + e.problem.size();
}
std::size_t text_size(const event::Disconnect& e) {
  return e.pending.size();
}
std::size_t text_size(const event::Handover& e) {
  std::size_t size = e.id.size() + e.sender.size() + e.parameters.size() +
                     e.untold_parameters.size() + e.content_source.size() + e.message_id.size() +
                     e.marks.size() + e.letters.value_or("").size() + e.missing_fields.size() +
                     e.repeated_fields.size();
  for (const std::string_view recipient : e.recipients)
    size += recipient.size() + entry_room;
  return size;
}
std::size_t text_size(const event::Result& e) {
  return e.handover.size() + e.recipient.size() + e.result.size() + e.status.size() +
         e.problem.size();
}
std::size_t text_size(const event::Process& e) {
  return e.command.size() + e.handover.size() + e.meaning.size();
}
std::size_t text_size(const event::Note& e) {
  return e.text.size();
}
std::size_t text_size(const event::Listen&) {
  return 0;
}
std::size_t text_size(const event::Forwarded& e) {
  return e.to.size() + e.address.size() + e.message_id.size() + e.reply.size();
}
std::size_t text_size(const event::Query& e) {
  return e.client.size() + e.name.size() + e.type.size() + e.answer.size() + e.records.size() +
         e.other_faults.size();
}
std::size_t text_size(const event::Store& e) {
  return e.reason.size();
}
std::size_t text_size(const event::JournalMark& e) {
  return e.label.size();
}
std::size_t text_size(const event::StateReset&) {
  return 0;
}
std::size_t text_size(const event::Advance&) {
  return 0;
}
std::size_t text_size(const event::Closed&) {
  return 0;
}
std::size_t text_size(const event::QueueEmpty&) {
  return 0;
}
std::size_t text_size(const event::Continued&) {
  return 0;
}
std::size_t text_size(const event::End&) {
  return 0;
}

/// An empty one is written, too.
template <std::size_t size>
void optional_text(JsonPen& pen,
                   const char (&key)[size], // NOLINT(cppcoreguidelines-avoid-c-arrays)
                   std::optional<std::string_view> text) {
  if (!text) return;
  pen.literal(key);
  pen.string(*text);
}
void breaches(JsonPen& pen, Breaches set) {
  if (set == 0) return;
  pen.literal(",\"breaches\":[");
  bool first = true;
  for (std::size_t bit = 0; bit < breach_names.size(); ++bit) {
    if ((set >> bit & 1U) == 0) continue;
    if (!first) pen.literal(",");
    first = false;
    pen.word("\"", breach_names[bit]);
  }
  pen.literal("]");
}

void stage(JsonPen& pen, scenario::Stage stage) {
  pen.word(",\"stage\":\"", scenario::to_string(stage));
}

/// A list of objects; `write` writes one's members, each behind a comma, of which the first is left out.
template <std::size_t size, typename List, typename Write>
void objects(JsonPen& pen, const char (&key)[size], const List& list, Write&& write) { // NOLINT
  if (list.empty()) return;
  pen.literal(key);
  bool first = true;
  for (const auto& one : list) {
    pen.plain(first ? "[{" : ",{");
    first = false;
    write(one);
    pen.literal("}");
  }
  pen.literal("]");
}

void body(JsonPen& pen, const event::Run& e) {
  pen.text(",\"version\":", e.version);
  pen.number(",\"format\":", e.format);
  pen.number(",\"seed\":", e.seed);
  pen.literal(",\"time_scale\":");
  pen.number(std::isfinite(e.time_scale) ? e.time_scale : 1.0);
  pen.number(",\"started_unix_us\":", e.started_unix_us);
  pen.text(",\"tls_policy\":", e.tls_policy);
  pen.text(",\"role\":", e.role);
  pen.text(",\"without\":", e.without);
  pen.flag(",\"scaled_timeouts\":true", e.scaled_timeouts);
  pen.number(",\"queue_lifetime_us\":", e.queue_lifetime.count());
  pen.flag(",\"notifications_come\":true", e.notifications_come);
  pen.number(",\"clock_error_us\":", e.clock_error.count());
}
void body(JsonPen& pen, const event::Server& e) {
  pen.text(",\"scenario\":", e.scenario);
  pen.literal(",\"model\":\"");
  pen.hex(e.meaning_hash);
  pen.literal("\"");
  objects(pen, ",\"hosts\":", e.hosts, [&pen](const event::Host& host) {
    pen.literal("\"address\":");
    pen.string(host.address);
    pen.text(",\"name\":", host.name);
    pen.number(",\"port\":", host.port);
  });
  pen.text(",\"tls\":", e.tls);
  pen.text(",\"clock\":", e.clock);
  pen.number(",\"seed\":", e.seed);
  pen.text(",\"text\":", e.text);
}
void body(JsonPen& pen, const event::Connect& e) {
  pen.text(",\"client\":", e.client);
  pen.number(",\"client_port\":", e.client_port);
  pen.number(",\"server_port\":", e.server_port);
  pen.flag(",\"implicit_tls\":true", e.implicit_tls);
}
void body(JsonPen& pen, const event::Exchange& e) {
  pen.number(",\"number\":", e.number);
  stage(pen, e.stage);
  pen.text(",\"verb\":", e.verb);
  pen.text(",\"line\":", e.line);
  optional_text(pen, ",\"address\":", e.address);
  pen.text(",\"envelope_id\":", e.envelope_id);
  pen.text(",\"parameters\":", e.parameters);
  pen.number(",\"size\":", e.size);
  pen.flag(",\"last_chunk\":true", e.last_chunk);
  pen.flag(",\"pipelining\":true", e.pipelining);
  pen.flag(",\"open\":true", e.open);
  pen.text(",\"reply\":", e.reply);
  pen.number(",\"code\":", e.code);
  pen.number(",\"rule\":", e.rule);
  pen.flag(",\"met\":true", e.met);
  pen.text(",\"did\":", e.other_actions);
  breaches(pen, e.breaches);
  pen.flag(",\"store_lost\":true", e.store_lost);
}
void body(JsonPen& pen, const event::Reply& e) {
  pen.number(",\"number\":", e.exchange);
  pen.text(",\"reply\":", e.reply);
  pen.number(",\"code\":", e.code);
  pen.text(",\"recipient\":", e.recipient);
}
void body(JsonPen& pen, const event::Reading& e) {
  pen.flag(",\"stopped\":true", e.stopped);
}
void body(JsonPen& pen, const event::Sending& e) {
  pen.number(",\"unsent\":", e.unsent);
}
void text_hash(JsonPen& pen, std::uint64_t hash) {
  if (hash == 0) return;
  pen.literal(",\"text_hash\":\"");
  pen.hex(hash);
  pen.literal("\"");
}
void body(JsonPen& pen, const event::Content& e) {
  pen.text(",\"message_id\":", e.message_id);
  pen.literal(",\"hash\":\"");
  pen.hex(e.hash);
  pen.literal("\"");
  pen.number(",\"size\":", e.size);
  pen.number(",\"received_fields\":", e.received_fields);
  pen.number(",\"longest_line\":", e.longest_line);
  breaches(pen, e.breaches);
  pen.text(",\"marks\":", e.marks);
  pen.text(",\"repeated_marks\":", e.repeated_marks);
  optional_text(pen, ",\"letters\":", e.letters);
  pen.text(",\"missing_fields\":", e.missing_fields);
  if (e.text_size) {
    pen.literal(",\"text_size\":");
    pen.number(*e.text_size);
  }
  text_hash(pen, e.text_hash);
  pen.text(",\"repeated_fields\":", e.repeated_fields);
  objects(pen, ",\"reports\":", e.reports, [&pen](const event::RecipientReport& report) {
    pen.literal("\"recipient\":");
    pen.string(report.recipient);
    pen.text(",\"action\":", report.action);
    pen.text(",\"status\":", report.status);
    pen.text(",\"original_recipient\":", report.original_recipient);
    pen.text(",\"remote_mta\":", report.remote_mta);
    pen.text(",\"diagnostic\":", report.diagnostic);
    pen.text(",\"will_retry_until\":", report.will_retry_until);
    pen.flag(",\"final_is_missing\":true", report.final_is_missing);
  });
  pen.text(",\"type\":", e.form.type);
  pen.text(",\"status_type\":", e.form.status_type);
  pen.text(",\"returned\":", e.form.returned);
  pen.text(",\"reporting_mta\":", e.form.reporting_mta);
  pen.text(",\"original_envelope_id\":", e.form.original_envelope_id);
  pen.flag(",\"eight_bit_fields\":true", e.form.eight_bit_fields);
  pen.text(",\"returned_message_id\":", e.form.returned_message_id);
}
void body(JsonPen& pen, const event::Accepted& e) {
  pen.number(",\"transaction\":", e.transaction);
}
void body(JsonPen& pen, const event::Tls& e) {
  pen.flag(",\"ok\":true", e.ok);
  pen.text(",\"version\":", e.version);
  pen.text(",\"cipher\":", e.cipher);
  pen.text(",\"server_name\":", e.server_name);
  pen.text(",\"problem\":", e.problem);
  pen.flag(",\"met\":true", e.met);
}
void body(JsonPen& pen, const event::Disconnect& e) {
  pen.word(",\"by\":\"", to_string(e.by));
  stage(pen, e.stage);
  pen.number(",\"content_bytes\":", e.content_bytes);
  pen.text(",\"pending\":", e.pending);
  pen.flag(",\"reset\":true", e.reset);
  breaches(pen, e.breaches);
  pen.flag(",\"instead\":true", e.instead);
}
void body(JsonPen& pen, const event::Handover& e) {
  pen.text(",\"handover\":", e.id);
  pen.literal(",\"sender\":");
  pen.string(e.sender);
  pen.literal(",\"recipients\":[");
  bool first = true;
  for (const std::string_view recipient : e.recipients) {
    if (!std::exchange(first, false)) pen.literal(",");
    pen.string(recipient);
  }
  pen.literal("]");
  pen.text(",\"parameters\":", e.parameters);
  pen.text(",\"untold\":", e.untold_parameters);
  pen.text(",\"content\":", e.content_source);
  pen.number(",\"size\":", e.size);
  pen.literal(",\"hash\":\"");
  pen.hex(e.hash);
  pen.literal("\"");
  pen.text(",\"message_id\":", e.message_id);
  pen.number(",\"text_size\":", e.text_size);
  pen.text(",\"marks\":", e.marks);
  optional_text(pen, ",\"letters\":", e.letters);
  pen.text(",\"missing_fields\":", e.missing_fields);
  text_hash(pen, e.text_hash);
  pen.text(",\"repeated_fields\":", e.repeated_fields);
  pen.flag(",\"offered\":true", e.offered);
}
void body(JsonPen& pen, const event::Result& e) {
  pen.text(",\"handover\":", e.handover);
  pen.text(",\"recipient\":", e.recipient);
  pen.text(",\"result\":", e.result);
  pen.number(",\"code\":", e.code);
  pen.text(",\"status\":", e.status);
  pen.text(",\"problem\":", e.problem);
}
void body(JsonPen& pen, const event::Process& e) {
  pen.flag(",\"started\":true", e.started);
  pen.number(",\"exit_code\":", e.exit_code);
  if (e.ended != event::ProcessEnd::itself) pen.word(",\"ended\":\"", to_string(e.ended));
  pen.text(",\"command\":", e.command);
  pen.flag(",\"queue\":true", e.queue);
  pen.text(",\"handover\":", e.handover);
  pen.number(",\"user_us\":", e.user_us);
  pen.number(",\"system_us\":", e.system_us);
  pen.text(",\"meaning\":", e.meaning);
}
void body(JsonPen& pen, const event::Note& e) {
  pen.text(",\"text\":", e.text);
}
void body(JsonPen& pen, const event::Listen& e) {
  pen.word(",\"answer\":\"", to_string(e.answer));
  pen.number(",\"unanswered\":", e.unanswered);
  pen.number(",\"refused\":", e.refused);
  if (e.refused != 0) pen.number(",\"refused_first_us\":", e.refused_first.count());
  pen.flag(",\"counted\":true", e.counted);
}
void body(JsonPen& pen, const event::Forwarded& e) {
  pen.text(",\"to\":", e.to);
  pen.text(",\"address\":", e.address);
  pen.text(",\"message_id\":", e.message_id);
  pen.number(",\"received_fields\":", e.received_fields);
  pen.number(",\"code\":", e.code);
  pen.text(",\"reply\":", e.reply);
}
void body(JsonPen& pen, const event::Query& e) {
  pen.text(",\"client\":", e.client);
  pen.word(",\"transport\":\"", scenario::to_string(e.transport));
  pen.text(",\"name\":", e.name);
  pen.text(",\"type\":", e.type);
  pen.number(",\"id\":", e.id);
  pen.text(",\"answer\":", e.answer);
  pen.flag(",\"answered\":true", e.answered.has_value());
  pen.flag(",\"truncated\":true", e.truncated);
  pen.text(",\"records\":", e.records);
  pen.number(",\"rule\":", e.rule);
  pen.flag(",\"met\":true", e.met);
  pen.text(",\"did\":", e.other_faults);
}
void body(JsonPen& pen, const event::Store& e) {
  pen.flag(",\"lost\":true", e.lost);
  pen.number(",\"since_us\":", e.since.count());
  pen.text(",\"reason\":", e.reason);
  pen.flag(",\"restarted\":true", e.restarted);
}
void body(JsonPen& pen, const event::JournalMark& e) {
  pen.text(",\"label\":", e.label);
}
void body(JsonPen& pen, const event::Advance& e) {
  pen.number(",\"by_us\":", e.by.count());
}
void body(JsonPen&, const event::StateReset&) {}
void body(JsonPen&, const event::Closed&) {}
void body(JsonPen&, const event::QueueEmpty&) {}
void body(JsonPen&, const event::Continued&) {}
void body(JsonPen&, const event::End&) {}

/// When what an event speaks of was asked for; nothing: it was not, or at the moment of the event.
template <typename Kind>
std::optional<Moment> asked_of(const Kind& body) {
  if constexpr (requires { body.asked; }) return body.asked;
  return std::nullopt;
}

/// What an event says of its own moments, where they are others than the one at which it was written.
void moments(JsonPen& pen, const Event& event) {
  const auto asked = std::visit([](const auto& e) { return asked_of(e); }, event.body);
  if (!asked || *asked == event.time) return;
  pen.literal(",\"asked_us\":");
  pen.number(asked->count());
}

} // namespace

void encode(const Event& event, std::uint64_t sequence, std::string& out) {
  const std::size_t texts =
      event.node.size() + std::visit([](const auto& e) { return text_size(e); }, event.body);
  const std::size_t room = fixed_room + worst_growth * texts;
  // Nearly every event fits here; a string grown to the worst case would have to be filled with
  // zeros.
  char near[4096];
  std::string far;
  char* begin = near;
  if (room > sizeof near) {
    far.resize(room);
    begin = far.data();
  }
  JsonPen pen(begin);
  pen.literal("{\"seq\":");
  pen.number(sequence);
  pen.literal(",\"time_us\":");
  pen.number(event.time.count());
  moments(pen, event);
  pen.text(",\"node\":", event.node);
  pen.number(",\"server\":", event.server);
  if (event.session != 0) {
    pen.literal(",\"session\":");
    pen.number(event.session);
  }
  pen.word(",\"event\":\"", event_names[event.body.index()]);
  std::visit([&pen](const auto& e) { body(pen, e); }, event.body);
  pen.literal("}\n");
  out.append(begin, static_cast<std::size_t>(pen.at() - begin));
}

} // namespace tempfail::journal
