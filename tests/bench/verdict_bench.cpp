// How long the judge takes: journals of many sessions, read and judged, each in one of the ways in which a sender
// makes many. Prints what it took; nothing is judged by the clock.
//   verdict_bench [SESSIONS]
#include "journal/reader.hpp"
#include "journal/recorder.hpp"
#include "verdict/verdict.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace tempfail;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

/// Writes sessions that say MAIL and go no further.
class Sessions {
 public:
  explicit Sessions(bool handed_over) {
    journal::event::Server server;
    server.scenario = "case";
    add(0, server);
    if (!handed_over) return;
    journal::event::Handover handover;
    handover.id = "1";
    handover.sender = "a@sender.test";
    handover.recipients = recipients_;
    add(0, handover);
  }

  void refused_at_mail(const std::string& sender) {
    ++session_;
    at_ += std::chrono::minutes(40);
    add(session_, journal::event::Connect{"127.0.0.1", 40000, 2525, false});
    exchange(scenario::Stage::greeting, {}, {}, "220 mx\r\n", 220);
    exchange(scenario::Stage::ehlo, "EHLO client.test", "EHLO", "250 mx\r\n", 250);
    const std::string line = "MAIL FROM:<" + sender + ">";
    exchange(scenario::Stage::mail, line, "MAIL", "452 4.3.1 Full\r\n", 452, sender);
    exchange(scenario::Stage::quit, "QUIT", "QUIT", "221 Bye\r\n", 221);
    add(session_,
        journal::event::Disconnect{
            journal::event::EndedBy::client_quit, scenario::Stage::quit, 0, {}, false, 0});
  }
  const std::string& text() const { return text_; }

 private:
  void exchange(scenario::Stage stage, std::string_view line, std::string_view verb,
                std::string_view reply, int code, std::string_view address = {}) {
    journal::event::Exchange exchange;
    exchange.stage = stage;
    exchange.asked = at_;
    exchange.line = line;
    exchange.verb = verb;
    exchange.reply = reply;
    exchange.code = code;
    if (!address.empty()) exchange.address = address;
    add(session_, exchange);
  }
  void add(std::uint64_t session, journal::Body body) {
    at_ += std::chrono::milliseconds(10);
    journal::Event event;
    event.time = at_;
    event.session = session;
    event.server = 1;
    event.body = body;
    journal::encode(event, ++sequence_, text_);
  }

  std::vector<std::string_view> recipients_ = {"b@rcpt.test"};
  std::string text_;
  Moment at_{};
  std::uint64_t session_ = 0;
  std::uint64_t sequence_ = 0;
};

void measure(const char* what, const Sessions& sessions) {
  scenario::Scenario scenario;
  scenario.name = "case";
  scenario.sender = {{"retry", scenario::Level::must, {}, 1},
                     {"delivered", scenario::Level::must, std::string("once"), 1}};
  const auto begin = Steady::now();
  const journal::Journal journal = journal::Journal::decode(sessions.text());
  const double reading = seconds_since(begin);
  const auto read = Steady::now();
  const verdict::CaseVerdict verdict = verdict::judge(scenario, journal);
  std::printf("%-36s read in %6.2f s, judged in %6.2f s, %zu findings\n", what, reading,
              seconds_since(read), verdict.findings.size());
}

} // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 100'000;
  if (count <= 0) {
    std::fprintf(stderr, "usage: verdict_bench [SESSIONS]\n");
    return 2;
  }
  Sessions handed_over(true);
  Sessions guessed(false);
  Sessions messages(false);
  for (long i = 0; i < count; ++i) {
    handed_over.refused_at_mail("a@sender.test");
    guessed.refused_at_mail("a@sender.test");
    messages.refused_at_mail("a" + std::to_string(i) + "@sender.test");
  }
  std::printf("%ld sessions\n", count);
  measure("retries of a handed-over message", handed_over);
  measure("retries of a message", guessed);
  measure("a message in each session", messages);
  return 0;
}
