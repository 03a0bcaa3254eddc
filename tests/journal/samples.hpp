// Events for the tests: drawn at random from a seed, of every kind, with every kind of byte in
// their texts.
#pragma once

#include "journal/names.hpp"

#include <deque>
#include <random>
#include <string>

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

  Body body(std::size_t kind) {
    switch (kind) {
    case 0:
      return event::Run{text(), any<std::uint64_t>(), 0.1 * static_cast<double>(number(99)),
                        any<std::int64_t>()};
    case 1:
      return event::Connect{text(), any<std::uint16_t>(), any<std::uint16_t>(), number(1) == 1};
    case 2:
      return event::Exchange{
          stage(), text(),    text(), static_cast<int>(number(999)), static_cast<int>(number(99)),
          text(),  breaches()};
    case 3:
      return event::Content{text(),
                            any<std::uint64_t>(),
                            any<std::uint64_t>(),
                            any<std::uint32_t>(),
                            any<std::uint32_t>(),
                            breaches(),
                            text(),
                            text()};
    case 4: return event::Accepted{any<std::uint64_t>()};
    case 5: return event::Tls{number(1) == 1, text(), text(), text(), text()};
    case 6:
      return event::Disconnect{static_cast<event::EndedBy>(number(4)), stage(),
                               any<std::uint64_t>(), text()};
    case 7:
      return event::Sender{number(1) == 1, static_cast<int>(number(160)), number(1) == 1, text(),
                           number(1) == 1};
    case 8: return event::Note{text()};
    case 9: return event::End{};
    case 10:
      return event::Listen{static_cast<scenario::ListenAnswer>(number(2)), any<std::uint64_t>()};
    default:
      return event::Forwarded{text(), text(), text(), any<std::uint32_t>(),
                              static_cast<int>(number(999)), text()};
    }
  }
  Event event(std::size_t kind) {
    Event e;
    e.time = Moment(static_cast<std::int64_t>(number(std::uint64_t{1} << 50U)));
    e.session = number(1) == 0 ? 0 : any<std::uint64_t>();
    e.scenario = number(3) == 0 ? std::string_view{} : text();
    e.body = body(kind);
    return e;
  }

 private:
  std::mt19937 random_;
  std::deque<std::string> texts_;
};

} // namespace tempfail::journal::test
