// Fuzzes the session in each of its states. Invariants:
// - A call to receive() consumes something or asks for something: nobody waits for ever.
// - Output lies within the effects' bytes. After the end only events come out.
// - A session ends once: one Disconnect, behind everything but what a client says after its end.
// - A message is accepted only when its content was complete, before its reply is written.
// - The server's own replies are well-formed, and one for each exchange.
// - Segments don't matter, where TLS and waits do not come into it.
// - Nothing is counted in the state once the session is over.
#include "fuzz/targets.hpp"

#include "session/session.hpp"
#include "wire/reply.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <type_traits>
#include <vector>

namespace tempfail::fuzz {
namespace {

using scenario::Extension;
using scenario::Stage;
namespace action = scenario::action;
namespace effect = session::effect;

constexpr std::size_t variant_count = 4;

scenario::Rule rule(Stage stage, std::vector<scenario::Action> actions,
                    std::uint64_t after_bytes = 0) {
  scenario::Rule made;
  made.stages = {stage};
  made.actions = std::move(actions);
  made.after_bytes = after_bytes;
  made.trigger.every = 2;
  made.trigger.per = scenario::KeyedBy::scenario;
  return made;
}

action::Reply reply(std::string_view wire) {
  return {
      {(wire[0] - '0') * 100 + (wire[1] - '0') * 10 + (wire[2] - '0'), std::string(wire), true}};
}

/// 0: healthy. 1: with AUTH and STARTTLS. 2: rules that reply. 3: rules that wait, drip, close and so on.
scenario::ScenarioPtr make_scenario(std::size_t variant) {
  auto made = std::make_shared<scenario::Scenario>();
  made->name = "fuzz";
  scenario::Server& server = made->server;
  for (const Extension each :
       {Extension::pipelining, Extension::size, Extension::eight_bit_mime, Extension::smtputf8,
        Extension::chunking, Extension::dsn, Extension::enhanced_status_codes, Extension::vrfy})
    server.extensions[static_cast<std::size_t>(each)] = true;
  server.size_limit = 2000;
  if (variant == 1) {
    server.tls = scenario::TlsMode::starttls;
    server.extensions[static_cast<std::size_t>(Extension::starttls)] = true;
    server.extensions[static_cast<std::size_t>(Extension::auth)] = true;
    server.auth.emplace();
  } else if (variant == 2) {
    for (const Stage stage :
         {Stage::ehlo, Stage::mail, Stage::rcpt, Stage::data, Stage::message, Stage::noop})
      server.rules.push_back(rule(stage, {reply("450 4.2.0 {sender} {recipient} {size}\r\n")}));
    server.rules.push_back(rule(Stage::content, {reply("452 4.3.1 full\r\n")}, 30));
  } else if (variant == 3) {
    const Duration second = std::chrono::seconds(1);
    server.rules.push_back(rule(Stage::greeting, {action::Delay{second, second}}));
    server.rules.push_back(rule(Stage::ehlo, {action::DuplicateReply{}}));
    server.rules.push_back(rule(Stage::mail, {action::Delay{second, 2 * second}}));
    server.rules.push_back(rule(Stage::rcpt, {action::Drip{1, second}}));
    server.rules.push_back(rule(Stage::noop, {action::HalfClose{}}));
    server.rules.push_back(rule(Stage::vrfy, {action::Raw{"25"}, action::Stall{}}));
    server.rules.push_back(rule(Stage::content, {action::Raw{"hm"}, action::Reset{}}, 20));
    server.rules.push_back(rule(Stage::message, {action::Accept{}, action::Close{}}));
    server.rules.push_back(rule(Stage::rset, {reply("421 4.3.2 bye\r\n")}));
    server.rules.push_back(rule(Stage::quit, {action::StopReading{second}}));
    server.rules.push_back(rule(Stage::data, {action::Stall{second}}));
    server.rules.push_back(rule(Stage::data, {reply("354 go\r\n")}));
    server.rules.back().out_of_sequence = true;
  }
  return made;
}

/// The dialogues that lead to each state; what is fuzzed comes behind.
constexpr std::array<std::string_view, 9> states = {
    "",
    "EHLO c\r\n",
    "HELO c\r\n",
    "EHLO c\r\nMAIL FROM:<a@b>\r\n",
    "EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n",
    "EHLO c\r\nMAIL FROM:<a@b> SMTPUTF8 BODY=8BITMIME\r\nRCPT TO:<c@d>\r\nDATA\r\n",
    "EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 20\r\n",
    "EHLO c\r\nAUTH LOGIN\r\n",
    "EHLO c\r\nBDAT 15\r\n",
};

/// Performs effects and holds them against the invariants.
class Watch {
 public:
  Watch(session::Session& session, session::Effects& effects)
      : session_(session), effects_(effects) {}

  void take_over() {
    for (const session::Effect& each : effects_.list)
      std::visit([this](const auto& it) { take(it); }, each);
    effects_.clear();
  }

  std::string output;
  std::string log; ///< all events, as text
  Moment now{};
  bool tls_wanted = false;
  bool stuck = false; ///< a stall, or no more reading
  std::size_t disconnects = 0;
  std::size_t accepted = 0;
  std::size_t replies = 0;
  bool own_replies_only = true;

 private:
  void take(const effect::Record& record) {
    std::visit([this](const auto& it) { note(it); }, record.event.body);
  }
  void take(const effect::Write& write) { send(write.begin, write.end); }
  void take(const effect::Drip& drip) {
    require(drip.piece > 0, "session: a drip has pieces");
    send(drip.begin, drip.end);
  }
  void take(const effect::Wait& wait) {
    require(!over_, "session: nothing is asked for after the end");
    now += wait.duration;
  }
  void take(const effect::Stall&) { stuck = true; }
  void take(const effect::StopReading& stop) { stuck = stuck || !stop.duration; }
  void take(const effect::Close&) { end(); }
  void take(const effect::Reset&) { end(); }
  void take(const effect::HalfClose&) {}
  void take(const effect::AwaitHello&) {}
  void take(const effect::StartTls& start) { tls_wanted = !start.cut_after; }
  void take(const effect::Throttle&) {}
  void take(const effect::Forward&) {}
  void take(const effect::Keep&) {}
  void take(const effect::IdleTimer&) {}

  void send(std::uint32_t begin, std::uint32_t end) {
    require(!over_, "session: nothing is said after the end");
    require(begin < end && end <= effects_.bytes.size(), "session: output lies within the bytes");
    require(pending_acceptance_ == 0, "session: a message is accepted before its reply is written");
    output.append(effects_.bytes, begin, end - begin);
  }
  void end() {
    require(!over_ && disconnects == 1, "session: it ends once, and says so first");
    require(session_.ended(), "session: after a close it has ended");
    over_ = true;
  }

  void note(const journal::event::Exchange& it) {
    log.append("exchange ").append(scenario::to_string(it.stage)).append(" ").append(it.line);
    log.append(" -> ").append(it.reply).append(it.other_actions).append("\n");
    const auto ignored = static_cast<journal::Breaches>(journal::Breach::pipelined_without_leave);
    // After a refused DATA it is by when it came that a line is text which nobody asked for, or a command.
    data_refused_ = data_refused_ || (it.stage == Stage::data && it.code >= 400);
    if (!data_refused_) log.append(std::to_string(it.breaches & ~ignored)).append("\n");
    if (it.code != 0) ++replies;
    own_replies_only = own_replies_only && it.rule == 0 && it.other_actions.empty();
    pending_acceptance_ = it.stage == Stage::message && it.code >= 200 && it.code < 300 ? 1 : 0;
  }
  void note(const journal::event::Content& it) {
    log.append("content ").append(it.message_id).append(std::to_string(it.hash)).append("\n");
    ++contents_;
  }
  void note(const journal::event::Accepted&) {
    require(++accepted <= contents_, "session: only complete messages are accepted");
    pending_acceptance_ = 0;
    log.append("accepted\n");
  }
  void note(const journal::event::Disconnect& it) {
    require(++disconnects == 1, "session: it ends once");
    require(it.pending.size() <= 200, "session: what was pending is cut");
    log.append("disconnect ")
        .append(it.pending)
        .append(std::to_string(it.content_bytes))
        .append("\n");
  }
  template <typename Other>
  void note(const Other&) {
    log.append("other\n");
  }

  session::Session& session_;
  session::Effects& effects_;
  bool data_refused_ = false;
  bool over_ = false;
  std::size_t contents_ = 0;
  std::size_t pending_acceptance_ = 0;
};

void check_replies(const Watch& watch) {
  std::size_t finals = 0;
  std::string_view rest = watch.output;
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    require(end != std::string_view::npos, "session: a reply ends with CR LF");
    const std::string_view line = rest.substr(0, end);
    require(wire::parse_reply(line).has_value(), "session: a reply has a code");
    require(line.size() <= 510, "session: a reply line has at most 512 bytes");
    if (line.size() == 3 || line[3] == ' ') ++finals;
    rest.remove_prefix(end + 2);
  }
  require(finals == watch.replies, "session: one reply for each exchange");
}

Watch run(std::size_t variant, std::string_view stream, std::size_t step) {
  static const std::array<scenario::ScenarioPtr, variant_count> scenarios = {
      make_scenario(0), make_scenario(1), make_scenario(2), make_scenario(3)};
  session::Limits limits;
  limits.command_line = 600;
  limits.header_section = 500;
  state::ServerState state(scenarios[variant], 7);
  const session::PreparedScenarioPtr program =
      session::prepare_scenario(scenarios[variant], limits);
  session::Effects effects;
  const auto session = session::make_session(program, state, {"127.0.0.1", 1, 25, false}, 1);
  Watch watch(*session, effects);
  session->start(watch.now, effects);
  watch.take_over();
  std::string kept;
  while (!stream.empty() && !watch.stuck) {
    kept.append(stream.substr(0, step));
    stream.remove_prefix(std::min(step, stream.size()));
    while (!kept.empty() && !watch.stuck) {
      const std::string offered = std::exchange(kept, {});
      std::string_view rest = offered;
      session->receive(rest, watch.now, effects);
      require(rest.size() < offered.size() || !effects.list.empty(),
              "session: nobody waits for ever");
      watch.take_over();
      kept = rest;
      if (std::exchange(watch.tls_wanted, false)) {
        kept.clear();
        session->tls_result({true, "TLSv1.3", "x", "", ""}, watch.now, effects);
        watch.take_over();
      }
    }
  }
  session->peer_ended(session::PeerEnd::closed, kept, watch.now, effects);
  watch.take_over();
  require(watch.disconnects == 1, "session: its end is recorded");
  require(state.total_connections() == 0, "session: it is not counted any more");
  return watch;
}

} // namespace

void fuzz_session(std::string_view input) {
  const std::size_t variant = take_byte(input) % variant_count;
  const std::size_t state = take_byte(input) % states.size();
  const std::size_t step = 1 + take_byte(input);
  std::string stream(states[state]);
  stream.append(input);
  const Watch whole = run(variant, stream, stream.size() + 1);
  const Watch cut = run(variant, stream, step);
  if (variant == 0 || variant == 2) {
    require(whole.output == cut.output, "session: segments don't matter to what it says");
    require(whole.log == cut.log, "session: segments don't matter to what it records");
  }
  if (whole.own_replies_only) check_replies(whole);
  if (cut.own_replies_only) check_replies(cut);
}

} // namespace tempfail::fuzz
