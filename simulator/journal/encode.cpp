// Events to JSON Lines. This runs for every command of every session, so it is written by hand: one
// buffer with room for the worst case, no checks inside, and many bytes at a time where nothing
// needs an escape. The format is described in docs/journal.md.
#include "journal/names.hpp"
#include "journal/plain_copy.hpp"
#include "journal/writer.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstring>

namespace tempfail::journal {
namespace {

/// No byte becomes more than a six-character escape.
constexpr std::size_t worst_growth = 6;
/// Room for all keys, numbers and breach names of one event.
constexpr std::size_t fixed_room = 1536;

/// "00" to "99", one behind the other.
constexpr std::array<char, 200> two_digits = [] {
  std::array<char, 200> digits{};
  for (std::size_t i = 0; i < 100; ++i) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

/// The length of the UTF-8 sequence at the front of `text`, or 0: it is invalid, or it is one of
/// the code points U+F780..U+F7FF, which stand for single bytes in a journal and so can't stand for
/// themselves.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&byte](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!follows(1) || !follows(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0; // overlong
    if (first == 0xED && byte(1) > 0x9F) return 0; // surrogate
    if (first == 0xEF && (byte(1) == 0x9E || byte(1) == 0x9F)) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0; // overlong
    if (first == 0xF4 && byte(1) > 0x8F) return 0; // over U+10FFFF
    return 4;
  }
  return 0;
}

/// Writes at a place that has room enough for whatever is asked of it.
class Pen {
 public:
  explicit Pen(char* at) : at_(at) {}
  char* at() const { return at_; }

  template <std::size_t size>
  void literal(const char (&text)[size]) { // NOLINT(cppcoreguidelines-avoid-c-arrays)
    std::memcpy(at_, text, size - 1);
    at_ += size - 1;
  }
  void plain(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void number(double value) { at_ = std::to_chars(at_, at_ + 32, value).ptr; }
  template <std::integral Number>
  void number(Number value) {
    std::uint64_t left = static_cast<std::uint64_t>(value);
    if constexpr (std::is_signed_v<Number>) {
      if (value < 0) {
        *at_++ = '-';
        left = 0 - left;
      }
    }
    // From its end, two digits at a time; twenty bytes are always copied, which needs no call.
    constexpr std::size_t most_digits = 20;
    char digits[2 * most_digits] = {};
    std::size_t first = most_digits;
    while (left >= 100) {
      first -= 2;
      std::memcpy(digits + first, two_digits.data() + 2 * (left % 100), 2);
      left /= 100;
    }
    if (left >= 10) {
      first -= 2;
      std::memcpy(digits + first, two_digits.data() + 2 * left, 2);
    } else {
      digits[--first] = static_cast<char>('0' + left);
    }
    std::memcpy(at_, digits + first, most_digits);
    at_ += most_digits - first;
  }
  void hex(std::uint64_t value) {
    for (int shift = 60; shift >= 0; shift -= 4)
      *at_++ = "0123456789abcdef"[(value >> static_cast<unsigned>(shift)) & 0xFU];
  }
  // A value behind its `,"key":`, unless it is the default, which a reader assumes.
  template <std::size_t size>
  void text(const char (&key)[size], std::string_view value) { // NOLINT
    if (value.empty()) return;
    literal(key);
    string(value);
  }
  template <std::size_t size, typename Number>
  void number(const char (&key)[size], Number value) { // NOLINT
    if (value == 0) return;
    literal(key);
    number(value);
  }
  template <std::size_t size>
  void flag(const char (&key_and_true)[size], bool value) { // NOLINT
    if (value) literal(key_and_true);
  }
  /// A word that needs no escape, behind its `,"key":"`, and the quote that ends it.
  template <std::size_t size>
  void word(const char (&key_and_quote)[size], std::string_view value) { // NOLINT
    literal(key_and_quote);
    plain(value);
    literal("\"");
  }
  /// A JSON string with its quotes.
  void string(std::string_view text) {
    *at_++ = '"';
    while (!text.empty()) {
      const std::size_t plain = copy_plain(at_, text);
      at_ += plain;
      text.remove_prefix(plain);
      if (!text.empty()) text.remove_prefix(escape(text));
    }
    *at_++ = '"';
  }

 private:
  /// Writes what stands in front of `text` and isn't plain; returns how many bytes of it are dealt
  /// with.
  std::size_t escape(std::string_view text) {
    const auto byte = static_cast<unsigned char>(text.front());
    switch (byte) {
    case '\r':
      if (text.size() > 1 && text[1] == '\n') {
        literal("\\r\\n");
        return 2;
      }
      literal("\\r");
      return 1;
    case '\n': literal("\\n"); return 1;
    case '\t': literal("\\t"); return 1;
    case '"': literal("\\\""); return 1;
    case '\\': literal("\\\\"); return 1;
    default: break;
    }
    if (byte >= 0x80) {
      if (const std::size_t length = utf8_length(text); length != 0) {
        plain(text.substr(0, length));
        return length;
      }
      literal("\\uf7");
    } else {
      literal("\\u00");
    }
    *at_++ = "0123456789abcdef"[byte >> 4U];
    *at_++ = "0123456789abcdef"[byte & 0xFU];
    return 1;
  }

  char* at_;
};

std::size_t text_size(const event::Run& e) {
  return e.version.size() + e.tls_policy.size();
}
std::size_t text_size(const event::Connect& e) {
  return e.client.size();
}
std::size_t text_size(const event::Exchange& e) {
  return e.line.size() + e.reply.size() + e.did.size();
}
std::size_t text_size(const event::Content& e) {
  return e.message_id.size() + e.report_action.size() + e.report_status.size();
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
std::size_t text_size(const event::Sender& e) {
  return e.command.size();
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
std::size_t text_size(const event::End&) {
  return 0;
}

void breaches(Pen& pen, Breaches set) {
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

void stage(Pen& pen, scenario::Stage stage) {
  pen.word(",\"stage\":\"", scenario::to_string(stage));
}

void body(Pen& pen, const event::Run& e) {
  pen.text(",\"version\":", e.version);
  pen.number(",\"seed\":", e.seed);
  pen.literal(",\"time_scale\":");
  pen.number(std::isfinite(e.time_scale) ? e.time_scale : 1.0);
  pen.number(",\"started_unix_us\":", e.started_unix_us);
  pen.text(",\"tls_policy\":", e.tls_policy);
}
void body(Pen& pen, const event::Connect& e) {
  pen.text(",\"client\":", e.client);
  pen.number(",\"client_port\":", e.client_port);
  pen.number(",\"server_port\":", e.server_port);
  pen.flag(",\"implicit_tls\":true", e.implicit_tls);
}
void body(Pen& pen, const event::Exchange& e) {
  stage(pen, e.stage);
  pen.text(",\"line\":", e.line);
  pen.text(",\"reply\":", e.reply);
  pen.number(",\"code\":", e.code);
  pen.number(",\"rule\":", e.rule);
  pen.text(",\"did\":", e.did);
  breaches(pen, e.breaches);
}
void body(Pen& pen, const event::Content& e) {
  pen.text(",\"message_id\":", e.message_id);
  pen.literal(",\"hash\":\"");
  pen.hex(e.hash);
  pen.literal("\"");
  pen.number(",\"size\":", e.size);
  pen.number(",\"received_fields\":", e.received_fields);
  pen.number(",\"longest_line\":", e.longest_line);
  breaches(pen, e.breaches);
  pen.text(",\"report_action\":", e.report_action);
  pen.text(",\"report_status\":", e.report_status);
}
void body(Pen& pen, const event::Accepted& e) {
  pen.number(",\"transaction\":", e.transaction);
}
void body(Pen& pen, const event::Tls& e) {
  pen.flag(",\"ok\":true", e.ok);
  pen.text(",\"version\":", e.version);
  pen.text(",\"cipher\":", e.cipher);
  pen.text(",\"server_name\":", e.server_name);
  pen.text(",\"problem\":", e.problem);
}
void body(Pen& pen, const event::Disconnect& e) {
  pen.word(",\"by\":\"", to_string(e.by));
  stage(pen, e.stage);
  pen.number(",\"content_bytes\":", e.content_bytes);
  pen.text(",\"pending\":", e.pending);
}
void body(Pen& pen, const event::Sender& e) {
  pen.flag(",\"started\":true", e.started);
  pen.number(",\"exit_code\":", e.exit_code);
  pen.flag(",\"timed_out\":true", e.timed_out);
  pen.text(",\"command\":", e.command);
  pen.flag(",\"queue\":true", e.queue);
}
void body(Pen& pen, const event::Note& e) {
  pen.text(",\"text\":", e.text);
}
void body(Pen& pen, const event::Listen& e) {
  pen.word(",\"answer\":\"", to_string(e.answer));
  pen.number(",\"unanswered\":", e.unanswered);
}
void body(Pen&, const event::End&) {}
void body(Pen& pen, const event::Forwarded& e) {
  pen.text(",\"to\":", e.to);
  pen.text(",\"address\":", e.address);
  pen.text(",\"message_id\":", e.message_id);
  pen.number(",\"received_fields\":", e.received_fields);
  pen.number(",\"code\":", e.code);
  pen.text(",\"reply\":", e.reply);
}

} // namespace

void encode(const Event& event, std::string& out) {
  const std::size_t texts =
      event.scenario.size() + std::visit([](const auto& e) { return text_size(e); }, event.body);
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
  Pen pen(begin);
  pen.literal("{\"time_us\":");
  pen.number(event.time.count());
  if (event.session != 0) {
    pen.literal(",\"session\":");
    pen.number(event.session);
  }
  if (!event.scenario.empty()) {
    pen.literal(",\"scenario\":");
    pen.string(event.scenario);
  }
  pen.word(",\"event\":\"", event_names[event.body.index()]);
  std::visit([&pen](const auto& e) { body(pen, e); }, event.body);
  pen.literal("}\n");
  out.append(begin, static_cast<std::size_t>(pen.at() - begin));
}

} // namespace tempfail::journal
