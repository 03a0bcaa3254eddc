// How long it takes to encode an event. Hidden: run it by its tag, in an optimised build.
#include "journal/recorder.hpp"
#include "support/catch.hpp"

#include <cstdio>
#include <ctime>

using namespace tempfail;
using namespace tempfail::journal;

TEST_CASE("encode_speed", "[.][speed]") {
  Event events[4];
  event::Exchange mail;
  mail.stage = scenario::Stage::mail;
  mail.line = "MAIL FROM:<someone@example.test> SIZE=1024";
  mail.reply = "250 2.1.0 Ok\r\n";
  mail.code = 250;
  events[0].body = mail;
  event::Exchange rcpt = mail;
  rcpt.stage = scenario::Stage::rcpt;
  rcpt.line = "RCPT TO:<anyone@disk-full.test>";
  rcpt.reply = "452 4.3.1 Insufficient system storage\r\n";
  rcpt.rule = 12;
  events[1].body = rcpt;
  events[2].body =
      event::Content{"20260101.1234@example.test", 0x123456789ABCDEF0U, 1024, 1, 78, 0};
  events[3].body = event::Accepted{1};
  std::string out;
  out.reserve(std::size_t{1} << 20U);
  constexpr int rounds = 500000;
  const std::clock_t start = std::clock();
  for (int round = 0; round < rounds; ++round) {
    for (Event& event : events) {
      event.time = Moment(1000000LL + round);
      event.session = static_cast<std::uint64_t>(round);
      event.server = 1;
      encode(event, out);
    }
    if (out.size() > 900000) out.clear();
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::printf("encode: %.0f ns of CPU per event\n", seconds * 1e9 / (4.0 * rounds));
  REQUIRE(!out.empty());
}
