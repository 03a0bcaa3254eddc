// JSON Lines to events. Not on any hot path: a general parser does the work.
#include "journal/reader.hpp"

#include "journal/names.hpp"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

namespace tempfail::journal {
namespace {

using Json = nlohmann::json;

constexpr const char* no_object = "is no JSON object";

/// Undoes the encoder's U+F780..U+F7FF, which stand for the bytes 0x80..0xFF.
std::string restore_bytes(const std::string& text) {
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

/// The values of one line, taken out by key. What has the wrong type throws std::invalid_argument.
class Fields {
 public:
  Fields(const Json& object, std::deque<std::string>& texts) : object_(object), texts_(texts) {}

  std::string_view text(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return {};
    if (!value->is_string()) wrong(key, "a string");
    const auto& raw = value->get_ref<const std::string&>();
    if (raw.empty()) return {};
    return texts_.emplace_back(restore_bytes(raw));
  }
  template <typename Number>
  Number number(const char* key, Number missing = {}) const {
    const Json* value = find(key);
    if (value == nullptr) return missing;
    if constexpr (std::is_floating_point_v<Number>) {
      if (!value->is_number()) wrong(key, "a number");
      return value->get<Number>();
    } else if (value->is_number_unsigned()) {
      const auto wide = value->get<std::uint64_t>();
      if (!std::in_range<Number>(wide)) wrong(key, "a smaller number");
      return static_cast<Number>(wide);
    } else {
      if (!value->is_number_integer()) wrong(key, "an integer");
      const auto wide = value->get<std::int64_t>();
      if (!std::in_range<Number>(wide)) wrong(key, "no negative number");
      return static_cast<Number>(wide);
    }
  }
  bool flag(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) wrong(key, "true or false");
    return value->get<bool>();
  }
  std::uint64_t hex(const char* key) {
    const Json* value = find(key);
    if (value == nullptr) return 0;
    if (!value->is_string()) wrong(key, "a string of hexadecimal digits");
    const auto& digits = value->get_ref<const std::string&>();
    std::uint64_t number = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (error != std::errc{} || end != digits.data() + digits.size())
      wrong(key, "a string of hexadecimal digits");
    return number;
  }
  /// The index of a word in a list of names, or nothing: a later version's word.
  template <typename Names>
  std::optional<std::size_t> word(const char* key, const Names& names) const {
    const Json* value = find(key);
    if (value == nullptr || !value->is_string()) wrong(key, "a word");
    const auto& word = value->get_ref<const std::string&>();
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == word) return i;
    return std::nullopt;
  }
  Breaches breaches() const {
    const Json* list = find("breaches");
    if (list == nullptr) return 0;
    if (!list->is_array()) wrong("breaches", "a list");
    Breaches set = 0;
    for (const Json& name : *list)
      for (std::size_t bit = 0; bit < breach_names.size(); ++bit)
        if (name.is_string() && name.get_ref<const std::string&>() == breach_names[bit])
          set |= 1U << bit;
    return set;
  }

 private:
  const Json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  [[noreturn]] static void wrong(const char* key, const char* wanted) {
    throw std::invalid_argument(std::string("has a wrong `") + key + "`: it must be " + wanted);
  }

  const Json& object_;
  std::deque<std::string>& texts_;
};

std::optional<scenario::Stage> stage_of(const Fields& fields) {
  const auto index = fields.word("stage", scenario::stage_names);
  if (!index) return std::nullopt;
  return static_cast<scenario::Stage>(*index);
}

std::optional<Body> exchange(Fields& fields) {
  const auto stage = stage_of(fields);
  if (!stage) return std::nullopt;
  event::Exchange e;
  e.stage = *stage;
  e.line = fields.text("line");
  e.reply = fields.text("reply");
  e.code = fields.number<int>("code");
  e.rule = fields.number<int>("rule");
  e.did = fields.text("did");
  e.breaches = fields.breaches();
  return e;
}

std::optional<Body> disconnect(Fields& fields) {
  const auto stage = stage_of(fields);
  const auto by = fields.word("by", ended_by_names);
  if (!stage || !by) return std::nullopt;
  event::Disconnect e;
  e.by = static_cast<event::EndedBy>(*by);
  e.stage = *stage;
  e.content_bytes = fields.number<std::uint64_t>("content_bytes");
  e.pending = fields.text("pending");
  return e;
}

std::optional<Body> listen(Fields& fields) {
  const auto answer = fields.word("answer", listen_answer_names);
  if (!answer) return std::nullopt;
  return event::Listen{static_cast<scenario::ListenAnswer>(*answer),
                       fields.number<std::uint64_t>("unanswered")};
}

event::Content content(Fields& fields) {
  event::Content e;
  e.message_id = fields.text("message_id");
  e.hash = fields.hex("hash");
  e.size = fields.number<std::uint64_t>("size");
  e.received_fields = fields.number<std::uint32_t>("received_fields");
  e.longest_line = fields.number<std::uint32_t>("longest_line");
  e.breaches = fields.breaches();
  e.report_action = fields.text("report_action");
  e.report_status = fields.text("report_status");
  return e;
}

/// The event's own part; nothing when a word in it is a later version's.
std::optional<Body> body(std::size_t kind, Fields& fields) {
  switch (kind) {
  case 0:
    return event::Run{fields.text("version"), fields.number<std::uint64_t>("seed"),
                      fields.number<double>("time_scale", 1.0),
                      fields.number<std::int64_t>("started_unix_us"), fields.text("tls_policy")};
  case 1:
    return event::Connect{fields.text("client"), fields.number<std::uint16_t>("client_port"),
                          fields.number<std::uint16_t>("server_port"), fields.flag("implicit_tls")};
  case 2: return exchange(fields);
  case 3: return content(fields);
  case 4: return event::Accepted{fields.number<std::uint64_t>("transaction")};
  case 5:
    return event::Tls{fields.flag("ok"), fields.text("version"), fields.text("cipher"),
                      fields.text("server_name"), fields.text("problem")};
  case 6: return disconnect(fields);
  case 7:
    return event::Sender{fields.flag("started"), fields.number<int>("exit_code"),
                         fields.flag("timed_out"), fields.text("command"), fields.flag("queue")};
  case 8: return event::Note{fields.text("text")};
  case 9: return event::End{};
  case 10: return listen(fields);
  case 11:
    return event::Forwarded{
        fields.text("to"),          fields.text("address"),
        fields.text("message_id"),  fields.number<std::uint32_t>("received_fields"),
        fields.number<int>("code"), fields.text("reply")};
  default: return std::nullopt;
  }
}

} // namespace

void Journal::decode_line(std::string_view line, bool torn) {
  ++lines_;
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  const std::size_t texts_before = texts_.size();
  try {
    const Json object = Json::parse(line);
    if (!object.is_object()) throw std::invalid_argument(no_object);
    Fields fields(object, texts_);
    const auto kind = fields.word("event", event_names);
    if (!kind) {
      ++unknown_events_;
      return;
    }
    Event event;
    event.time = Moment(fields.number<std::int64_t>("time_us"));
    event.session = fields.number<std::uint64_t>("session");
    event.scenario = fields.text("scenario");
    if (!events_.empty() && events_.back().scenario == event.scenario) {
      event.scenario = events_.back().scenario; // one copy of the name for many events
      if (texts_.size() > texts_before) texts_.pop_back();
    }
    std::optional<Body> decoded = body(*kind, fields);
    if (!decoded) {
      ++unknown_events_;
      return;
    }
    event.body = *decoded;
    events_.push_back(event);
  } catch (const Json::exception&) {
    bad_lines_.push_back({lines_, torn && line.starts_with('{') ? "was cut short" : no_object});
  } catch (const std::invalid_argument& error) {
    bad_lines_.push_back({lines_, error.what()});
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
  Journal journal;
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
