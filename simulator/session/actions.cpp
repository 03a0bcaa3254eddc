// Actions to effects. A missed action is a compile error: std::visit has no default.
#include "session/actions.hpp"

#include "session/extension_names.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tempfail::session {

namespace action = scenario::action;

namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The code of bytes that are meant as a reply; 0 when no client could read one.
int code_of(std::string_view bytes) {
  if (bytes.size() < 3 || !is_digit(bytes[0]) || !is_digit(bytes[1]) || !is_digit(bytes[2]))
    return 0;
  if (bytes.size() > 3 && is_digit(bytes[3])) return 0;
  return (bytes[0] - '0') * 100 + (bytes[1] - '0') * 10 + (bytes[2] - '0');
}

std::string_view name_of(const scenario::Action& which) {
  return std::visit(
      Overloaded{
          [](const action::Reply&) { return std::string_view{}; }, // replies are recorded as such
          [](const action::Delay&) { return std::string_view("delay"); },
          [](const action::Drip&) { return std::string_view("drip"); },
          [](const action::Raw&) { return std::string_view("raw"); },
          [](const action::Accept&) { return std::string_view("accept"); },
          [](const action::Close&) { return std::string_view("close"); },
          [](const action::Reset&) { return std::string_view("reset"); },
          [](const action::HalfClose&) { return std::string_view("half-close"); },
          [](const action::Stall&) { return std::string_view("stall"); },
          [](const action::StopReading&) { return std::string_view("stop-reading"); },
          [](const action::Throttle&) { return std::string_view("throttle"); },
          [](const action::Alert&) { return std::string_view("alert"); },
          [](const action::CutHandshake&) { return std::string_view("cut-handshake"); },
      },
      which);
}

void append_with_placeholders(std::string_view text, const Placeholders& placeholders,
                              std::string& out) {
  const std::array<std::pair<std::string_view, std::string_view>, 5> texts = {{
      {"{recipient}", placeholders.recipient},
      {"{sender}", placeholders.sender},
      {"{client}", placeholders.client},
      {"{helo}", placeholders.helo},
      {"{hostname}", placeholders.hostname},
  }};
  constexpr std::string_view size = "{size}";
  while (!text.empty()) {
    const std::size_t brace = text.find('{');
    out.append(text.substr(0, brace));
    if (brace == std::string_view::npos) return;
    text.remove_prefix(brace);
    const auto* const found = std::find_if(texts.begin(), texts.end(), [text](const auto& entry) {
      return text.starts_with(entry.first);
    });
    if (found != texts.end()) {
      out.append(found->second);
      text.remove_prefix(found->first.size());
    } else if (text.starts_with(size)) {
      out.append(std::to_string(placeholders.size));
      text.remove_prefix(size.size());
    } else {
      out += '{';
      text.remove_prefix(1);
    }
  }
}

/// The extensions that the lines of a reply to EHLO name behind their codes (RFC 5321 section 4.1.1.1).
scenario::Extensions announced_in(std::string_view reply) {
  scenario::Extensions extensions{};
  while (!reply.empty()) {
    const std::size_t end = std::min(reply.find('\n'), reply.size());
    std::string_view line = reply.substr(0, end);
    reply.remove_prefix(std::min(end + 1, reply.size()));
    line.remove_prefix(std::min<std::size_t>(4, line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(" \r"));
    for (std::size_t i = 0; i < scenario::extension_count; ++i)
      if (word == extension_name(static_cast<scenario::Extension>(i))) extensions[i] = true;
  }
  return extensions;
}

/// Carries out one action after the other until one ends the connection.
class Performer {
 public:
  Performer(const Placeholders& placeholders, state::ServerState& state, Speaker& speaker)
      : placeholders_(placeholders), state_(state), speaker_(speaker), out_(speaker.out) {}

  void operator()(const action::Reply& reply) {
    if (!reply.text.has_placeholders) {
      say(reply.text.code, reply.text.wire);
      return;
    }
    std::string text;
    append_with_placeholders(reply.text.wire, placeholders_, text);
    say(reply.text.code, out_.texts.keep(text));
  }
  void operator()(const action::Delay& delay) { wait(state_.draw(delay.min, delay.max)); }
  void operator()(const action::Drip& drip) {
    speaker_.drip(drip.bytes, drip.every);
    result.paused = true;
  }
  void operator()(const action::Raw& raw) { say(code_of(raw.bytes), raw.bytes); }
  void operator()(const action::Accept&) {} // the session has seen to it
  void operator()(const action::Close&) { result.ending = Ending::close; }
  void operator()(const action::Reset&) { result.ending = Ending::reset; }
  void operator()(const action::HalfClose&) {
    out_.list.emplace_back(effect::HalfClose{});
    result.half_closed = true;
    result.paused = true;
  }
  void operator()(const action::Stall& stall) {
    if (stall.duration) {
      wait(*stall.duration);
      return;
    }
    speaker_.hold();
    out_.list.emplace_back(effect::Stall{});
    result.ending = Ending::stalled;
  }
  void operator()(const action::StopReading& stop) {
    speaker_.record(journal::event::Reading{true});
    out_.list.emplace_back(effect::StopReading{stop.duration});
    result.paused = true;
  }
  void operator()(const action::Throttle& throttle) {
    out_.list.emplace_back(effect::Throttle{throttle.rate.amount, throttle.rate.per});
    result.paused = true;
  }
  /// A record of its own: type 21, version 3.3, two bytes, level fatal (RFC 5246 section 6.2.1, 7.2).
  void operator()(const action::Alert& alert) {
    const std::array<char, 7> record = {21, 3, 3, 0, 2, 2, static_cast<char>(alert.number)};
    out_.write(std::string_view(record.data(), record.size()));
  }
  void operator()(const action::CutHandshake& cut) {
    out_.list.emplace_back(effect::StartTls{cut.bytes});
    result.paused = true;
  }

  void say(int code, std::string_view text) {
    if (!text.empty() && !result.half_closed) speaker_.say(code, text);
  }

  Performance result;

 private:
  void wait(Duration duration) {
    speaker_.hold();
    out_.list.emplace_back(effect::Wait{duration});
    result.paused = true;
  }

  const Placeholders& placeholders_;
  state::ServerState& state_;
  Speaker& speaker_;
  Effects& out_;
};

} // namespace

StageRule describe(const scenario::Rule& rule) {
  StageRule described;
  described.rule = &rule;
  bool says = false;
  std::string texts;
  for (const scenario::Action& each : rule.actions) {
    if (const std::string_view name = name_of(each); !name.empty())
      described.did.append(described.did.empty() ? "" : " ").append(name);
    const auto* const stall = std::get_if<action::Stall>(&each);
    const bool stalls = stall != nullptr && !stall->duration;
    const bool ends = std::holds_alternative<action::Close>(each) ||
                      std::holds_alternative<action::Reset>(each) ||
                      std::holds_alternative<action::HalfClose>(each);
    const bool stops = std::holds_alternative<action::StopReading>(each);
    const auto* const reply = std::get_if<action::Reply>(&each);
    const auto* const raw = std::get_if<action::Raw>(&each);
    const bool no_tls = std::holds_alternative<action::Alert>(each) ||
                        std::holds_alternative<action::CutHandshake>(each);
    described.takes_over = described.takes_over || stalls || ends || reply != nullptr || no_tls ||
                           raw != nullptr || std::holds_alternative<action::Accept>(each);
    if (reply != nullptr) texts += reply->text.wire;
    if (raw != nullptr) texts += raw->bytes;
    if (!says && (reply != nullptr || raw != nullptr)) {
      says = true;
      described.code = reply != nullptr ? reply->text.code : code_of(raw->bytes);
    }
    described.accepts = described.accepts || std::holds_alternative<action::Accept>(each);
    described.decides_end = described.decides_end || stall != nullptr || ends || stops;
    described.says_421 = described.says_421 || (reply != nullptr && reply->text.code == 421) ||
                         (raw != nullptr && code_of(raw->bytes) == 421);
  }
  const bool at_hello = std::find(rule.stages.begin(), rule.stages.end(), scenario::Stage::ehlo) != rule.stages.end();
  if (at_hello && described.takes_over && described.code == 250)
    described.announces = announced_in(texts);
  return described;
}

journal::event::Exchange& Speaker::exchange() {
  return std::get<journal::event::Exchange>(
      std::get<effect::Record>(out.list[asked_.effect]).event.body);
}

void Speaker::hold() {
  if (!answered_ && !held_) exchange().open = true;
  held_ = true;
}

void Speaker::drip(std::uint64_t bytes, Duration every) {
  const auto piece =
      static_cast<std::uint32_t>(std::clamp<std::uint64_t>(bytes, 1, std::uint64_t{1} << 30U));
  pieces_ = Pieces{piece, every};
  hold();
}

void Speaker::say(int code, std::string_view text) {
  if (pieces_) {
    const auto begin = static_cast<std::uint32_t>(out.bytes.size());
    out.bytes.append(text);
    out.list.emplace_back(effect::Drip{begin, static_cast<std::uint32_t>(out.bytes.size()),
                                       pieces_->bytes, pieces_->every});
  } else {
    out.write(text);
  }
  if (held_ || std::exchange(answered_, true)) {
    answered_ = true;
    record(journal::event::Reply{asked_.number, text, code, {}});
    return;
  }
  journal::event::Exchange& asked = exchange();
  asked.reply = text;
  asked.code = code;
  asked.answered = now_;
}

Performance perform(const StageRule& rule, ServerReply fallback, const Placeholders& placeholders,
                    state::ServerState& state, Speaker& speaker) {
  Performer performer(placeholders, state, speaker);
  for (const scenario::Action& each : rule.rule->actions) {
    std::visit(performer, each);
    if (performer.result.ending != Ending::none) return performer.result;
  }
  if (!rule.takes_over) performer.say(fallback.code, fallback.wire);
  // After 421 the server closes (RFC 5321 section 3.8), unless the rule says what it does instead.
  if (rule.says_421 && !rule.decides_end) performer.result.ending = Ending::close;
  return performer.result;
}

} // namespace tempfail::session
