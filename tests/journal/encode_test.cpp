// Whatever is recorded is read back the same, as valid JSON, one line an event.
#include "journal/reader.hpp"
#include "journal/recorder.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

using namespace tempfail;
using namespace tempfail::journal;

namespace {

std::string encoded(const Event& event) {
  std::string out;
  encode(event, out);
  return out;
}

/// Encoding is a function of the event alone and loses nothing, so equal encodings are equal
/// events.
void check_round_trip(const Event& event) {
  const std::string line = encoded(event);
  INFO(line);
  REQUIRE(line.back() == '\n');
  REQUIRE(std::count(line.begin(), line.end(), '\n') == 1);
  REQUIRE(nlohmann::json::parse(line).is_object());
  const Journal journal = Journal::decode(line);
  REQUIRE(journal.bad_lines().empty());
  REQUIRE(journal.events().size() == 1);
  const Event& back = journal.events().front();
  REQUIRE(back.time == event.time);
  REQUIRE(back.session == event.session);
  REQUIRE(back.server == event.server);
  REQUIRE(back.sequence == event.sequence);
  REQUIRE(back.node == event.node);
  REQUIRE(back.body.index() == event.body.index());
  REQUIRE(encoded(back) == line);
}

Event make_exchange(std::string_view line, std::string_view reply) {
  Event event;
  event.time = Moment(1500000);
  event.session = 3;
  event.server = 2;
  event.sequence = 17;
  event::Exchange body;
  body.stage = scenario::Stage::mail;
  body.number = 3;
  body.asked = event.time;
  body.answered = event.time;
  body.line = line;
  body.reply = reply;
  body.code = 452;
  body.rule = 12;
  body.other_actions = "delay";
  body.breaches = static_cast<Breaches>(Breach::syntax) | static_cast<Breaches>(Breach::nul);
  event.body = body;
  return event;
}

} // namespace

TEST_CASE("encode_exchange_is_one_readable_line") {
  REQUIRE(
      encoded(make_exchange("MAIL FROM:<a@b>", "452 4.3.1 Full\r\n")) ==
      R"({"seq":17,"time_us":1500000,"server":2,"session":3,"event":"exchange","number":3,"stage":"mail",)"
      R"("line":"MAIL FROM:<a@b>","reply":"452 4.3.1 Full\r\n","code":452,"rule":12,"did":"delay",)"
      R"("breaches":["syntax","nul"]})"
      "\n");
}

TEST_CASE("encode_leaves_out_defaults") {
  REQUIRE(encoded(Event{}) ==
          "{\"seq\":0,\"time_us\":0,\"event\":\"run\",\"format\":2,\"time_scale\":1}\n");
}

TEST_CASE("encode_says_when_it_was_asked_only_where_that_was_another_moment") {
  Event event = make_exchange("NOOP", "250 Ok\r\n");
  REQUIRE(encoded(event).find("asked_us") == std::string::npos);
  std::get<event::Exchange>(event.body).asked = Moment(1400000);
  const std::string line = encoded(event);
  REQUIRE(line.find(R"("time_us":1500000,"asked_us":1400000,)") != std::string::npos);
  const Journal journal = Journal::decode(line);
  const auto& e = std::get<event::Exchange>(journal.events().at(0).body);
  REQUIRE(e.asked == Moment(1400000));
  REQUIRE(e.answered == Moment(1500000));
}

TEST_CASE("encode_decode_exchange_field_by_field") {
  const std::string line = encoded(make_exchange("RCPT TO:<\xFF@b>\t\"\\", "250 \xC3\xA4\r\n"));
  const Journal journal = Journal::decode(line);
  const auto& e = std::get<event::Exchange>(journal.events().at(0).body);
  REQUIRE(e.stage == scenario::Stage::mail);
  REQUIRE(e.line == "RCPT TO:<\xFF@b>\t\"\\");
  REQUIRE(e.reply == "250 \xC3\xA4\r\n");
  REQUIRE(e.code == 452);
  REQUIRE(e.rule == 12);
  REQUIRE(e.other_actions == "delay");
  REQUIRE(e.asked == Moment(1500000));
  REQUIRE(e.answered == Moment(1500000));
  REQUIRE_FALSE(e.address);
  REQUIRE(contains(e.breaches, Breach::nul));
  REQUIRE_FALSE(contains(e.breaches, Breach::line_too_long));
}

TEST_CASE("encode_decode_every_kind_of_event_at_random") {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    test::Samples samples(seed);
    for (std::size_t kind = 0; kind < std::variant_size_v<Body>; ++kind)
      check_round_trip(samples.event(kind));
  }
}

TEST_CASE("encode_decode_every_byte_at_every_offset") {
  // The encoder looks at eight bytes at a time: each byte must be seen wherever it stands.
  for (unsigned byte = 0; byte < 256; ++byte)
    for (std::size_t at = 0; at < 17; ++at) {
      std::string text(17, 'x');
      text[at] = static_cast<char>(static_cast<unsigned char>(byte));
      const std::string line = encoded(make_exchange(text, {}));
      const Journal journal = Journal::decode(line);
      REQUIRE(journal.bad_lines().empty());
      REQUIRE(std::get<event::Exchange>(journal.events().at(0).body).line == text);
    }
}

TEST_CASE("encode_decode_texts_longer_than_the_near_buffer") {
  const std::string text(100000, '\xFE');
  const std::string line = encoded(make_exchange(text, text));
  const Journal journal = Journal::decode(line);
  REQUIRE(std::get<event::Exchange>(journal.events().at(0).body).reply == text);
}

TEST_CASE("encode_valid_utf8_stays_readable") {
  REQUIRE(encoded(make_exchange("J\xC3\xBCrgen \xF0\x9F\x93\xAC", {}))
              .find("J\xC3\xBCrgen \xF0\x9F\x93\xAC") != std::string::npos);
  REQUIRE(encoded(make_exchange("\xFC", {})).find("\\uf7fc") != std::string::npos);
}
