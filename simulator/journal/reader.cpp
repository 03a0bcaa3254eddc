// JSON Lines to events: one small reader for each kind of event, in a table by name.
#include "journal/reader.hpp"

#include "journal/names.hpp"

#include <algorithm>
#include <array>
#include <boost/json/src.hpp> // the library has no part of its own to link: it is compiled here, once
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

namespace tempfail::journal {
namespace {

namespace json = boost::json;

constexpr const char* not_an_object = "is not a JSON object";

/// With which the encoder's U+F780..U+F7FF begin, which stand for the bytes 0x80..0xFF.
constexpr char byte_mark = '\xEF';

std::string restore_bytes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = [&text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    if (byte(i) == 0xEF && i + 2 < text.size() && (byte(i + 1) == 0x9E || byte(i + 1) == 0x9F)) {
      const unsigned low = ((byte(i + 1) & 1U) << 6U) | (byte(i + 2) & 0x3FU);
      out += static_cast<char>(low | 0x80U);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// The values of one object, taken out by key. What has the wrong type throws std::invalid_argument.
class Fields {
 public:
  Fields(const json::object& object, EventMemory& memory) : object_(object), memory_(memory) {}

  EventMemory& memory() const { return memory_; }

  std::string_view text(std::string_view key) const {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return {};
    if (!value->is_string()) wrong(key, "a string");
    return kept(value->get_string());
  }
  std::optional<std::string_view> text_if_there(std::string_view key) const {
    if (object_.if_contains(key) == nullptr) return std::nullopt;
    return text(key);
  }
  template <typename Number>
  Number number(std::string_view key, Number missing = {}) const {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return missing;
    if constexpr (std::is_floating_point_v<Number>) {
      if (!value->is_number()) wrong(key, "a number");
      return value->to_number<Number>();
    } else if (value->is_uint64()) {
      if (!std::in_range<Number>(value->get_uint64())) wrong(key, "a smaller number");
      return static_cast<Number>(value->get_uint64());
    } else {
      if (!value->is_int64()) wrong(key, "an integer");
      const std::int64_t wide = value->get_int64();
      if (!std::in_range<Number>(wide))
        wrong(key, wide < 0 ? "no negative number" : "a smaller number");
      return static_cast<Number>(wide);
    }
  }
  Moment moment(std::string_view key, Moment missing = {}) const {
    return Moment(number<std::int64_t>(key, missing.count()));
  }
  bool flag(std::string_view key) const {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return false;
    if (!value->is_bool()) wrong(key, "true or false");
    return value->get_bool();
  }
  std::uint64_t hex(std::string_view key) const {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return 0;
    constexpr const char* wanted = "a string of hexadecimal digits";
    if (!value->is_string()) wrong(key, wanted);
    const std::string_view digits = value->get_string();
    std::uint64_t number = 0;
    const char* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, number, 16);
    if (error != std::errc{} || end != last) wrong(key, wanted);
    return number;
  }
  /// The index of a word in a list of names, or nothing: a later version's word.
  template <typename Names>
  std::optional<std::size_t> word(std::string_view key, const Names& names) const {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr || !value->is_string()) wrong(key, "a word");
    const std::string_view word = value->get_string();
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == word) return i;
    return std::nullopt;
  }
  /// Calls visit(value) for each entry of a list; nothing where there is none.
  template <typename Visit>
  void each(std::string_view key, Visit&& visit) const {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return;
    if (!value->is_array()) wrong(key, "a list");
    for (const json::value& one : value->get_array())
      visit(one);
  }
  /// The same for a list of objects.
  template <typename Visit>
  void each_object(std::string_view key, Visit&& visit) const {
    each(key, [&](const json::value& one) {
      if (!one.is_object()) wrong(key, "a list of objects");
      visit(Fields(one.get_object(), memory_));
    });
  }
  std::span<const std::string_view> texts(std::string_view key) const {
    std::vector<std::string_view>& list = memory_.texts.emplace_back();
    each(key, [&](const json::value& one) {
      if (!one.is_string()) wrong(key, "a list of strings");
      list.push_back(kept(one.get_string()));
    });
    return list;
  }
  Breaches breaches() const {
    Breaches set = 0;
    each("breaches", [&set](const json::value& name) {
      for (std::size_t bit = 0; bit < breach_names.size(); ++bit)
        if (name.is_string() && name.get_string() == breach_names[bit]) set |= 1U << bit;
    });
    return set;
  }

 private:
  std::string_view kept(std::string_view raw) const {
    if (raw.empty()) return {};
    const bool has_bytes = raw.find(byte_mark) != std::string_view::npos;
    return has_bytes ? memory_.keep(restore_bytes(raw)) : memory_.keep(raw);
  }
  [[noreturn]] static void wrong(std::string_view key, const char* wanted) {
    throw std::invalid_argument("has a wrong `" + std::string(key) + "`: it must be " + wanted);
  }

  const json::object& object_;
  EventMemory& memory_;
};

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
  return e;
}

std::optional<Body> server(const Fields& fields, Moment) {
  event::Server e;
  e.scenario = fields.text("scenario");
  e.text = fields.text("text");
  e.model = fields.hex("model");
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
  e.address = fields.text_if_there("address");
  e.envelope_id = fields.text("envelope_id");
  e.size = fields.number<std::uint64_t>("size");
  e.last_chunk = fields.flag("last_chunk");
  e.pipelining = fields.flag("pipelining");
  e.reply = fields.text("reply");
  e.code = fields.number<int>("code");
  e.rule = fields.number<int>("rule");
  e.met = fields.flag("met");
  e.did = fields.text("did");
  e.breaches = fields.breaches();
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

std::optional<Body> content(const Fields& fields, Moment) {
  event::Content e;
  e.message_id = fields.text("message_id");
  e.hash = fields.hex("hash");
  e.size = fields.number<std::uint64_t>("size");
  e.received_fields = fields.number<std::uint32_t>("received_fields");
  e.longest_line = fields.number<std::uint32_t>("longest_line");
  e.breaches = fields.breaches();
  e.marks = fields.text("marks");
  constexpr std::uint64_t nobody_looked = UINT64_MAX;
  const auto text_size = fields.number<std::uint64_t>("text_size", nobody_looked);
  if (text_size != nobody_looked) e.text_size = text_size;
  std::vector<event::Report> reports;
  fields.each_object("reports", [&reports](const Fields& one) {
    reports.push_back({one.text("recipient"), one.text("action"), one.text("status")});
  });
  if (!reports.empty()) e.reports = fields.memory().reports.emplace_back(std::move(reports));
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
  return e;
}

std::optional<Body> handover(const Fields& fields, Moment) {
  event::Handover e;
  e.id = fields.text("handover");
  e.sender = fields.text("sender");
  e.recipients = fields.texts("recipients");
  e.parameters = fields.text("parameters");
  e.content = fields.text("content");
  e.size = fields.number<std::uint64_t>("size");
  e.hash = fields.hex("hash");
  e.message_id = fields.text("message_id");
  e.offered = fields.flag("offered");
  return e;
}

std::optional<Body> result(const Fields& fields, Moment) {
  return event::Result{fields.text("handover"), fields.text("recipient"), fields.text("result"),
                       fields.number<int>("code"), fields.text("status")};
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
  if (fields.text_if_there("ended")) {
    const auto ended = fields.word("ended", process_end_names);
    if (!ended) return std::nullopt;
    e.ended = static_cast<event::ProcessEnd>(*ended);
  }
  return e;
}

std::optional<Body> note(const Fields& fields, Moment) {
  return event::Note{fields.text("text")};
}

std::optional<Body> listen(const Fields& fields, Moment) {
  const auto answer = fields.word("answer", listen_answer_names);
  if (!answer) return std::nullopt;
  return event::Listen{static_cast<scenario::ListenAnswer>(*answer),
                       fields.number<std::uint64_t>("unanswered")};
}

std::optional<Body> forwarded(const Fields& fields, Moment) {
  return event::Forwarded{
      fields.text("to"),          fields.text("address"),
      fields.text("message_id"),  fields.number<std::uint32_t>("received_fields"),
      fields.number<int>("code"), fields.text("reply")};
}

std::optional<Body> mark(const Fields& fields, Moment) {
  return event::Mark{fields.text("label")};
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
    {"reset", nothing_more<event::Reset>},
    {"advance", advance},
    {"closed", nothing_more<event::Closed>},
    {"end", nothing_more<event::End>},
}};
static_assert(std::all_of(event_names.begin(), event_names.end(), [](std::string_view name) {
  return std::any_of(kinds.begin(), kinds.end(), [name](const Kind& k) { return k.name == name; });
}));

std::optional<Body> read_body(std::string_view name, const Fields& fields, Moment time) {
  for (const Kind& kind : kinds)
    if (kind.name == name) return kind.read(fields, time);
  return std::nullopt;
}

} // namespace

const event::Server* Journal::server_of(const Event& event) const {
  const auto found = servers_.find({event.writer, event.server});
  return found == servers_.end() ? nullptr : &std::get<event::Server>(events_[found->second].body);
}

std::string_view Journal::scenario_of(const Event& event) const {
  const event::Server* const opened = server_of(event);
  return opened == nullptr ? std::string_view() : opened->scenario;
}

/// An exchange that was held back learns of its first reply; any other reply stands for itself.
void Journal::answer(const Event& event, const event::Reply& reply) {
  const auto found = open_.find(event.session_key());
  if (found == open_.end()) return;
  auto& exchange = std::get<event::Exchange>(events_[found->second].body);
  if (exchange.number != reply.exchange) return;
  exchange.answered = event.time;
  exchange.reply = reply.reply;
  exchange.code = reply.code;
  open_.erase(found);
}

void Journal::add(Event event) {
  if (const auto* run = std::get_if<event::Run>(&event.body)) writers_.begin(*run, event.node);
  writers_.place(event);
  if (std::holds_alternative<event::Server>(event.body)) {
    servers_[{event.writer, event.server}] = events_.size();
  } else if (const auto* exchange = std::get_if<event::Exchange>(&event.body)) {
    if (exchange->open) open_[event.session_key()] = events_.size();
  } else if (const auto* reply = std::get_if<event::Reply>(&event.body)) {
    answer(event, *reply);
  } else if (std::holds_alternative<event::Disconnect>(event.body)) {
    open_.erase(event.session_key());
  }
  events_.push_back(std::move(event));
}

void Journal::decode_line(std::string_view line, bool torn) {
  ++lines_;
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  // Nearly every line fits: no memory is asked for.
  std::array<unsigned char, 4096> near; // NOLINT(cppcoreguidelines-pro-type-member-init)
  json::monotonic_resource memory(near.data(), near.size());
  boost::system::error_code error;
  const json::value value = json::parse(line, error, &memory);
  if (!value.is_object()) { // after an error it is null
    bad_lines_.push_back({lines_, torn && line.starts_with('{') ? "was cut short" : not_an_object});
    return;
  }
  try {
    const json::object& object = value.get_object();
    const json::value* const name = object.if_contains("event");
    const Fields fields(object, memory_);
    if (name == nullptr || !name->is_string())
      throw std::invalid_argument("has a wrong `event`: it must be a word");
    Event event;
    event.time = fields.moment("time_us");
    event.sequence = fields.number<std::uint64_t>("seq");
    event.node = fields.text("node");
    event.server = fields.number<std::uint32_t>("server");
    event.session = fields.number<std::uint64_t>("session");
    std::optional<Body> body = read_body(name->get_string(), fields, event.time);
    if (!body) {
      ++unknown_events_;
      return;
    }
    event.body = *body;
    add(event);
  } catch (const std::invalid_argument& problem) {
    bad_lines_.push_back({lines_, problem.what()});
  } catch (const boost::system::system_error& problem) {
    bad_lines_.push_back({lines_, problem.what()});
  }
}

void Journal::append(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    decode_line(text.substr(0, end), end == std::string_view::npos);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

Journal Journal::decode(std::string_view text) {
  constexpr std::size_t usual_line = 160; // bytes
  Journal journal;
  journal.events_.reserve(text.size() / usual_line);
  journal.append(text);
  return journal;
}

Journal Journal::read(const std::filesystem::path& file) {
  const auto close = [](std::FILE* stream) { std::fclose(stream); };
  const std::unique_ptr<std::FILE, decltype(close)> stream(std::fopen(file.c_str(), "rbe"), close);
  const auto fail = [&file] {
    throw std::system_error(errno, std::generic_category(), file.string());
  };
  if (!stream) fail();
  std::string text;
  char piece[65536];
  while (const std::size_t count = std::fread(piece, 1, sizeof piece, stream.get()))
    text.append(piece, count);
  if (std::ferror(stream.get()) != 0) fail();
  return decode(text);
}

} // namespace tempfail::journal
