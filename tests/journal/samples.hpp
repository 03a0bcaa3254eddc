// Events for the tests: drawn at random from a seed, of every kind, with every kind of byte in
// their texts.
#pragma once

#include "journal/words.hpp"

#include <deque>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tempfail::journal::test {

/// Draws events; owns the texts they point into.
class Samples {
 public:
  explicit Samples(std::uint32_t seed) : random_(seed) {}

  std::uint64_t number(std::uint64_t max) {
    return std::uniform_int_distribution<std::uint64_t>(0, max)(random_);
  }
  std::string_view text() {
    static constexpr std::string_view pieces[] = {"MAIL FROM:<a@b.test>",
                                                  "\r\n",
                                                  "\"",
                                                  "\\",
                                                  "\xC3\xA4",
                                                  "\xE2\x82\xAC",
                                                  "\xF0\x9F\x93\xAC",
                                                  "\xEF\x9E\x80",
                                                  "\xEF\x9F\xBF",
                                                  "\xED\xA0\x80",
                                                  "\xC0\x80",
                                                  "\xF5\x80\x80\x80",
                                                  "\xE2\x82",
                                                  "\xFF",
                                                  "\x80",
                                                  "\t",
                                                  "\x7F",
                                                  "250-",
                                                  " "};
    std::string out;
    const std::uint64_t count = number(6);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (number(2) == 0)
        out += static_cast<char>(static_cast<unsigned char>(number(255)));
      else
        out += pieces[number(std::size(pieces) - 1)];
    }
    return texts_.emplace_back(out);
  }
  Breaches breaches() { return number(1) == 0 ? 0U : static_cast<Breaches>(number(0xFFFF)); }
  scenario::Stage stage() {
    return static_cast<scenario::Stage>(number(scenario::stage_count - 1));
  }
  template <typename Number>
  Number any() {
    return static_cast<Number>(
        number(static_cast<std::uint64_t>(std::numeric_limits<Number>::max())));
  }

  bool flag() { return number(1) == 1; }
  int small() { return static_cast<int>(number(999)); }
  Moment moment() { return Moment(static_cast<std::int64_t>(number(std::uint64_t{1} << 50U))); }
  std::span<const event::Host> hosts() {
    std::vector<event::Host>& list = hosts_.emplace_back();
    for (std::uint64_t left = number(3); left != 0; --left)
      list.push_back({text(), text(), any<std::uint16_t>()});
    return list;
  }
  std::span<const event::RecipientReport> reports() {
    std::vector<event::RecipientReport>& list = reports_.emplace_back();
    for (std::uint64_t left = number(3); left != 0; --left)
      list.push_back({text(), text(), text(), text(), text(), text(), text(), flag()});
    return list;
  }
  std::span<const std::string_view> list_of_texts() {
    std::vector<std::string_view>& list = lists_.emplace_back();
    for (std::uint64_t left = number(3); left != 0; --left)
      list.push_back(text());
    return list;
  }

  /// One of each kind, every field drawn; `time` is when it is written.
  template <typename Kind>
  Kind draw(Moment time);

  Body body(std::size_t kind, Moment time) {
    return body_of(kind, time, std::make_index_sequence<kinds>{});
  }
  Event event(std::size_t kind) {
    Event e;
    e.time = moment();
    e.sequence = any<std::uint64_t>();
    e.session = flag() ? 0 : any<std::uint64_t>();
    e.server = flag() ? 0 : any<std::uint32_t>();
    e.node = number(3) == 0 ? text() : std::string_view();
    e.body = body(kind, e.time);
    return e;
  }
  static constexpr std::size_t kinds = std::variant_size_v<Body>;

 private:
  template <std::size_t... indexes>
  Body body_of(std::size_t kind, Moment time, std::index_sequence<indexes...>) {
    Body drawn;
    ((kind == indexes ? void(drawn = draw<std::variant_alternative_t<indexes, Body>>(time))
                      : void()),
     ...);
    return drawn;
  }

  std::mt19937 random_;
  std::deque<std::string> texts_;
  std::deque<std::vector<event::Host>> hosts_;
  std::deque<std::vector<event::RecipientReport>> reports_;
  std::deque<std::vector<std::string_view>> lists_;
};

template <>
inline event::Run Samples::draw(Moment) {
  event::Run e;
  e.version = text();
  e.seed = any<std::uint64_t>();
  e.time_scale = 0.25 * static_cast<double>(number(99)); // the reader is exact to a last digit only
  e.started_unix_us = any<std::int64_t>();
  e.tls_policy = text();
  e.role = text();
  e.without = text();
  e.scaled_timeouts = flag();
  e.queue_lifetime = moment();
  e.notifications_come = flag();
  e.clock_error = moment();
  return e;
}
template <>
inline event::Server Samples::draw(Moment) {
  return {text(), text(), any<std::uint64_t>(), hosts(), text(), text(), any<std::uint64_t>()};
}
template <>
inline event::Connect Samples::draw(Moment) {
  return {text(), any<std::uint16_t>(), any<std::uint16_t>(), flag()};
}
template <>
inline event::Exchange Samples::draw(Moment time) {
  event::Exchange e;
  e.stage = stage();
  e.number = any<std::uint32_t>();
  e.asked = flag() ? time : moment();
  e.open = flag();
  e.line = text();
  e.verb = text();
  if (flag()) e.address = text();
  e.envelope_id = text();
  e.parameters = text();
  e.size = any<std::uint64_t>();
  e.last_chunk = flag();
  e.pipelining = flag();
  if (!e.open) {
    e.reply = text();
    e.code = small();
    if (!e.reply.empty()) e.answered = time;
  }
  e.rule = static_cast<int>(number(99));
  e.met = flag();
  e.other_actions = text();
  e.breaches = breaches();
  e.store_lost = flag();
  return e;
}
template <>
inline event::Reply Samples::draw(Moment) {
  return {any<std::uint32_t>(), text(), small(), text()};
}
template <>
inline event::Reading Samples::draw(Moment) {
  return {flag()};
}
template <>
inline event::Sending Samples::draw(Moment) {
  return {}; // with bytes that wait the reader changes what was said before
}
template <>
inline event::Content Samples::draw(Moment) {
  event::Content e;
  e.message_id = text();
  e.hash = any<std::uint64_t>();
  e.size = any<std::uint64_t>();
  e.received_fields = any<std::uint32_t>();
  e.longest_line = any<std::uint32_t>();
  e.breaches = breaches();
  e.marks = text();
  e.repeated_marks = text();
  if (flag()) e.letters = text();
  e.missing_fields = text();
  e.text_hash = any<std::uint64_t>();
  e.repeated_fields = text();
  if (flag()) e.text_size = number(5);
  e.reports = reports();
  e.form = {text(), text(), text(), text(), text(), flag(), text()};
  return e;
}
template <>
inline event::Accepted Samples::draw(Moment) {
  return {any<std::uint64_t>()};
}
template <>
inline event::Tls Samples::draw(Moment) {
  return {flag(), text(), text(), text(), text(), flag()};
}
template <>
inline event::Disconnect Samples::draw(Moment) {
  return {static_cast<event::EndedBy>(number(5)),
          stage(),
          any<std::uint64_t>(),
          text(),
          flag(),
          breaches(),
          flag()};
}
template <>
inline event::Handover Samples::draw(Moment) {
  return {text(),
          text(),
          list_of_texts(),
          text(),
          text(),
          any<std::uint64_t>(),
          any<std::uint64_t>(),
          text(),
          flag(),
          text(),
          any<std::uint64_t>(),
          text(),
          flag() ? std::optional(text()) : std::nullopt,
          text()};
}
template <>
inline event::Result Samples::draw(Moment) {
  return {text(), text(), text(), small(), text(), text()};
}
template <>
inline event::Process Samples::draw(Moment) {
  return {flag(),
          static_cast<int>(number(160)),
          text(),
          flag(),
          text(),
          static_cast<event::ProcessEnd>(number(3)),
          any<std::uint64_t>(),
          any<std::uint64_t>()};
}
template <>
inline event::Note Samples::draw(Moment) {
  return {text()};
}
template <>
inline event::Store Samples::draw(Moment) {
  return {flag(), text(), moment(), flag()};
}
template <>
inline event::Listen Samples::draw(Moment) {
  event::Listen e{static_cast<scenario::ListenAnswer>(number(4)), any<std::uint64_t>(), number(3)};
  if (e.refused != 0) e.refused_first = moment();
  e.counted = flag();
  return e;
}
template <>
inline event::Forwarded Samples::draw(Moment) {
  return {text(), text(), text(), any<std::uint32_t>(), small(), text()};
}
template <>
inline event::Query Samples::draw(Moment time) {
  event::Query e;
  e.client = text();
  e.transport = static_cast<scenario::Transport>(number(1));
  e.name = text();
  e.type = text();
  e.id = any<std::uint16_t>();
  e.asked = flag() ? time : moment();
  if (flag()) e.answered = time;
  e.answer = text();
  e.truncated = flag();
  e.records = text();
  e.rule = static_cast<int>(number(99));
  e.met = flag();
  e.other_faults = text();
  return e;
}
template <>
inline event::JournalMark Samples::draw(Moment) {
  return {text()};
}
template <>
inline event::Advance Samples::draw(Moment) {
  return {moment()};
}
template <>
inline event::StateReset Samples::draw(Moment) {
  return {};
}
template <>
inline event::Closed Samples::draw(Moment) {
  return {};
}
template <>
inline event::QueueEmpty Samples::draw(Moment) {
  return {};
}
template <>
inline event::Continued Samples::draw(Moment) {
  return {};
}
template <>
inline event::End Samples::draw(Moment) {
  return {};
}

} // namespace tempfail::journal::test
