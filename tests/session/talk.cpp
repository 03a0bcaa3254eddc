// The other end of a conversation, and the I/O side between.
#include "session/talk.hpp"

#include "journal/owned_event.hpp"
#include "support/catch.hpp"
#include "wire/reply.hpp"

#include <algorithm>
#include <memory>
#include <type_traits>
#include <utility>

namespace tempfail::test {

using scenario::Extension;

scenario::Extensions extensions(std::initializer_list<Extension> announced) {
  scenario::Extensions all{};
  for (const Extension each : announced)
    all[static_cast<std::size_t>(each)] = true;
  return all;
}

scenario::Scenario healthy(std::string name) {
  scenario::Scenario made;
  made.name = std::move(name);
  made.family = "test";
  made.server.hostname = "mx.test";
  made.server.extensions = extensions(
      {Extension::pipelining, Extension::size, Extension::eight_bit_mime, Extension::smtputf8,
       Extension::chunking, Extension::dsn, Extension::enhanced_status_codes});
  return made;
}

scenario::action::Reply reply(std::string_view text) {
  const auto parsed = wire::parse_reply(text);
  REQUIRE(parsed);
  return {{parsed->code, wire::serialize(*parsed), text.find('{') != std::string_view::npos}};
}

scenario::Rule rule(scenario::Stage stage, std::vector<scenario::Action> actions,
                    scenario::Condition when, scenario::Trigger trigger) {
  static int line = 0;
  scenario::Rule made;
  made.stages = {stage};
  made.when = std::move(when);
  made.trigger = std::move(trigger);
  made.actions = std::move(actions);
  made.line = ++line;
  return made;
}

scenario::Trigger times(std::uint64_t count, scenario::KeyedBy per) {
  scenario::Trigger trigger;
  trigger.attempts = scenario::Range<std::uint64_t>{1, count};
  trigger.per = per;
  return trigger;
}

TalkServer::TalkServer(scenario::Scenario the_scenario, session::Limits limits,
                       std::uint32_t number)
    : scenario(std::make_shared<const scenario::Scenario>(std::move(the_scenario))),
      state(scenario, 1), prepared(session::prepare_scenario(scenario, limits, number)) {}

TalkServer::TalkServer(scenario::ScenarioPtr the_scenario, std::unique_ptr<state::Store> store)
    : scenario(std::move(the_scenario)), state(scenario, 1, std::move(store)),
      prepared(session::prepare_scenario(scenario, {}, 1)) {}

Talk::Talk(TalkServer& server, TalkOptions options, Moment begin)
    : server_(server), options_(std::move(options)),
      session_(session::make_session(server_.prepared, server_.state, options_.peer, 1,
                                     options_.router)),
      now_(begin) {
  session_->start(now_, effects_);
  take_over();
}

void Talk::take_over() {
  bool waits = false;
  for (const session::Effect& each : effects_.list) {
    std::visit(
        [this, &waits](const auto& it) {
          using Kind = std::decay_t<decltype(it)>;
          namespace effect = session::effect;
          if constexpr (std::is_same_v<Kind, effect::Record>) {
            if (waits) {
              journal::OwnedEvent later(it.event);
              note(later.at(now_));
            } else {
              note(it.event);
            }
            order.emplace_back("record " + events_.back().kind);
          } else if constexpr (std::is_same_v<Kind, effect::Write>) {
            output_.append(effects_.bytes, it.begin, it.end - it.begin);
            order.emplace_back("write");
          } else if constexpr (std::is_same_v<Kind, effect::Drip>) {
            output_.append(effects_.bytes, it.begin, it.end - it.begin);
            drips.push_back(it);
            waits = true;
            order.emplace_back("drip");
          } else if constexpr (std::is_same_v<Kind, effect::Wait>) {
            now_ += it.duration;
            waited_ += it.duration;
            waits = true;
            order.emplace_back("wait");
          } else if constexpr (std::is_same_v<Kind, effect::Stall>) {
            stalled = true;
            order.emplace_back("stall");
          } else if constexpr (std::is_same_v<Kind, effect::StopReading>) {
            reading_stopped = !it.duration;
            order.emplace_back("stop-reading");
          } else if constexpr (std::is_same_v<Kind, effect::Close>) {
            closed = true;
            order.emplace_back("close");
          } else if constexpr (std::is_same_v<Kind, effect::Reset>) {
            reset = true;
            order.emplace_back("reset");
          } else if constexpr (std::is_same_v<Kind, effect::HalfClose>) {
            half_closed = true;
            order.emplace_back("half-close");
          } else if constexpr (std::is_same_v<Kind, effect::StartTls>) {
            tls_wanted = true;
            input_.clear();
            order.emplace_back("start-tls");
          } else if constexpr (std::is_same_v<Kind, effect::AwaitHello>) {
            order.emplace_back("await-hello");
          } else if constexpr (std::is_same_v<Kind, effect::Forward>) {
            sent_on.push_back(effects_.mails[it.index]);
          } else if constexpr (std::is_same_v<Kind, effect::Keep>) {
            kept.push_back(effects_.mails[it.index]);
            order.emplace_back("keep");
          } else if constexpr (std::is_same_v<Kind, effect::Throttle>) {
            order.emplace_back("throttle");
          } else {
            idle = it.after;
          }
        },
        each);
  }
  effects_.clear();
}

void Talk::note(const journal::Event& event) {
  Seen seen;
  seen.time = event.time;
  seen.server = event.server;
  CHECK(event.session == 1);
  std::visit(
      [&seen](const auto& it) {
        using Kind = std::decay_t<decltype(it)>;
        namespace event = journal::event;
        if constexpr (std::is_same_v<Kind, event::Connect>) {
          seen.kind = "connect";
        } else if constexpr (std::is_same_v<Kind, event::Exchange>) {
          seen.kind = "exchange";
          seen.stage = it.stage;
          seen.number = it.number;
          seen.asked = it.asked;
          seen.answered = it.answered;
          seen.open = it.open;
          seen.line = it.line;
          seen.verb = it.verb;
          if (it.address) seen.address = std::string(*it.address);
          seen.envelope_id = it.envelope_id;
          seen.parameters = it.parameters;
          seen.size = it.size;
          seen.last_chunk = it.last_chunk;
          seen.pipelining = it.pipelining;
          seen.reply = it.reply;
          seen.code = it.code;
          seen.rule = it.rule;
          seen.met = it.met;
          seen.other_actions = it.other_actions;
          seen.breaches = it.breaches;
        } else if constexpr (std::is_same_v<Kind, event::Reply>) {
          seen.kind = "reply";
          seen.number = it.exchange;
          seen.reply = it.reply;
          seen.code = it.code;
        } else if constexpr (std::is_same_v<Kind, event::Reading>) {
          seen.kind = "reading";
          seen.stopped = it.stopped;
        } else if constexpr (std::is_same_v<Kind, event::Content>) {
          seen.kind = "content";
          seen.message_id = it.message_id;
          for (const event::RecipientReport& report : it.reports)
            seen.reports.push_back(std::string(report.recipient)
                                       .append(" ")
                                       .append(report.action)
                                       .append(" ")
                                       .append(report.status));
          for (const std::string_view text :
               {it.form.type, it.form.status_type, it.form.reporting_mta,
                it.form.original_envelope_id, it.form.returned})
            seen.form += std::string(text) + "|";
          seen.hash = it.hash;
          seen.size = it.size;
          seen.breaches = it.breaches;
        } else if constexpr (std::is_same_v<Kind, event::Accepted>) {
          seen.kind = "accepted";
          seen.transaction = it.transaction;
        } else if constexpr (std::is_same_v<Kind, event::Tls>) {
          seen.kind = "tls";
          seen.ok = it.ok;
        } else if constexpr (std::is_same_v<Kind, event::Disconnect>) {
          seen.kind = "disconnect";
          seen.by = it.by;
          seen.stage = it.stage;
          seen.size = it.content_bytes;
          seen.line = it.pending;
          seen.reset = it.reset;
          seen.breaches = it.breaches;
        } else {
          FAIL("a session records no such event");
        }
      },
      event.body);
  events_.push_back(std::move(seen));
}

void Talk::offer() {
  while (!input_.empty() && !stalled && !reading_stopped) {
    const std::string offered = std::exchange(input_, {});
    std::string_view rest = offered;
    session_->receive(rest, now_, effects_);
    const bool moved = rest.size() != offered.size() || !effects_.list.empty();
    const bool drops =
        std::any_of(effects_.list.begin(), effects_.list.end(), [](const auto& each) {
          return std::holds_alternative<session::effect::StartTls>(each);
        });
    take_over();
    REQUIRE(moved); // or nobody would ever offer the rest again
    if (!drops) input_.insert(0, rest);
  }
}

Talk& Talk::hears_bytes(std::string_view bytes) {
  const std::size_t step =
      options_.segment == 0 ? std::max<std::size_t>(bytes.size(), 1) : options_.segment;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    input_.append(bytes.substr(at, step));
    offer();
  }
  return *this;
}

Talk& Talk::hears(std::string_view line) {
  return hears_bytes(std::string(line) + "\r\n");
}

Talk& Talk::says_bytes(std::string_view bytes) {
  const std::string_view heard = std::string_view(output_).substr(0, bytes.size());
  CHECK(std::string(heard) == std::string(bytes));
  output_.erase(0, heard.size());
  return *this;
}

Talk& Talk::says(std::string_view text) {
  std::string bytes;
  while (true) {
    const std::size_t end = text.find('\n');
    bytes.append(text.substr(0, end)).append("\r\n");
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return says_bytes(bytes);
}

Talk& Talk::says_nothing() {
  CHECK(output_.empty());
  return *this;
}

Talk& Talk::greets() {
  says_bytes("220 ");
  output_.clear();
  hears("EHLO client.test");
  CHECK(output_.starts_with("250"));
  output_.clear();
  return *this;
}

Talk& Talk::waited(Duration duration) {
  CHECK(std::exchange(waited_, Duration{}).count() == duration.count());
  return *this;
}

Talk& Talk::passes(Duration duration) {
  now_ += duration;
  return *this;
}

Talk& Talk::goes_idle() {
  REQUIRE(idle);
  now_ += *idle;
  session_->idle_timeout(now_, effects_);
  take_over();
  return *this;
}

Talk& Talk::tls_comes_up() {
  REQUIRE(std::exchange(tls_wanted, false));
  session_->tls_result({true, "TLSv1.3", "TLS_AES_256_GCM_SHA384", "mx.test", ""}, now_, effects_);
  take_over();
  return *this;
}

Talk& Talk::tls_fails() {
  REQUIRE(std::exchange(tls_wanted, false));
  session_->tls_result({false, "", "", "", "alert 40"}, now_, effects_);
  take_over();
  return *this;
}

Talk& Talk::reading_resumed() {
  reading_stopped = false;
  session_->reading_resumed(now_, effects_);
  take_over();
  return *this;
}

Talk& Talk::leaves(session::PeerEnd end) {
  const std::string pending = std::exchange(input_, {}); // events point into it
  session_->peer_ended(end, pending, now_, effects_);
  take_over();
  return *this;
}

Talk& Talk::closes() {
  CHECK(closed);
  CHECK_FALSE(reset);
  CHECK(session_->ended());
  return says_nothing();
}

Talk& Talk::resets() {
  CHECK(reset);
  CHECK(session_->ended());
  return *this;
}

Talk& Talk::stays() {
  CHECK_FALSE(closed);
  CHECK_FALSE(reset);
  CHECK_FALSE(session_->ended());
  return *this;
}

std::vector<Seen> Talk::events(std::string_view kind) const {
  std::vector<Seen> found;
  for (const Seen& each : events_)
    if (each.kind == kind) found.push_back(each);
  return found;
}

Seen Talk::last() const {
  const std::vector<Seen> exchanges = events("exchange");
  REQUIRE_FALSE(exchanges.empty());
  return exchanges.back();
}

Seen Talk::last_reply() const {
  const std::vector<Seen> replies = events("reply");
  REQUIRE_FALSE(replies.empty());
  return replies.back();
}

Seen Talk::merged() const {
  Seen exchange = last();
  for (const Seen& reply : events("reply")) {
    if (!exchange.open || exchange.answered || reply.number != exchange.number) continue;
    exchange.reply = reply.reply;
    exchange.code = reply.code;
    exchange.answered = reply.time;
  }
  return exchange;
}

std::string Talk::take_output() {
  return std::exchange(output_, {});
}

} // namespace tempfail::test
