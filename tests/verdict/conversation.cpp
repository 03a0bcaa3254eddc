// Writes journals for tests.
#include "conversation.hpp"

#include <cctype>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace tempfail::verdict::test {

using scenario::Stage;

void Conversation::add(std::uint64_t session, journal::Body body) {
  journal::Event event;
  event.time = now_;
  event.session = session;
  event.server = server_;
  event.body = body;
  events_.emplace(now_, event);
  now_ += std::chrono::milliseconds(10);
}

Conversation& Conversation::run(const journal::event::Run& run) {
  run_ = run;
  return *this;
}

Conversation& Conversation::host(std::string name) {
  host_ = std::move(name);
  return *this;
}

Conversation& Conversation::connect(std::uint64_t number, Moment at, std::string_view client) {
  now_ = at;
  session_ = number;
  add(number, journal::event::Connect{client, 40000, 2525, false});
  return *this;
}

Conversation& Conversation::session(std::uint64_t number, Moment at, std::string_view greeting) {
  return connect(number, at).exchange(Stage::greeting, {}, greeting);
}

Conversation& Conversation::resume(std::uint64_t number, Moment at) {
  now_ = at;
  session_ = number;
  return *this;
}

namespace {

/// The verb in upper case; empty: no command.
std::string first_word(std::string_view line) {
  if (line == "." || line == "*") return {};
  std::string word(line.substr(0, line.find(' ')));
  for (char& c : word)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return word;
}

/// An address without its source route (RFC 5321 appendix C).
std::string_view without_route(std::string_view path) {
  const std::size_t colon = path.find(':');
  return path.starts_with('@') && colon != std::string_view::npos ? path.substr(colon + 1) : path;
}

/// What a session would have understood of the command: whose address, what size.
void understand(std::string_view line, journal::event::Exchange& exchange) {
  const std::size_t open = line.find('<');
  const std::size_t close = line.rfind('>');
  const bool has_path = exchange.verb == "MAIL" || exchange.verb == "RCPT";
  if (has_path && open != std::string_view::npos && close != std::string_view::npos)
    exchange.address = without_route(line.substr(open + 1, close - open - 1));
  const auto value = [line](std::string_view key) {
    const std::size_t at = line.find(key);
    if (at == std::string_view::npos) return std::string_view();
    const std::string_view rest = line.substr(at + key.size());
    return rest.substr(0, rest.find(' '));
  };
  exchange.envelope_id = value(" ENVID=");
  // Of the parameters those of RFC 3461, which a test writes alone.
  const bool asks = has_path && close != std::string_view::npos && close + 1 < line.size();
  const std::string_view rest = asks ? line.substr(close + 2) : std::string_view();
  for (const std::string_view keyword : {"RET=", "ENVID=", "NOTIFY=", "ORCPT="})
    if (rest.starts_with(keyword)) exchange.parameters = rest;
  const std::string_view size = exchange.verb == "BDAT" ? line.substr(5) : value(" SIZE=");
  if (!size.empty()) exchange.size = std::strtoull(std::string(size).c_str(), nullptr, 10);
  exchange.last_chunk = exchange.verb == "BDAT" && line.ends_with(" LAST");
}

int code_of(std::string_view reply) {
  return reply.empty() ? 0 : std::atoi(std::string(reply.substr(0, 3)).c_str());
}

} // namespace

Conversation& Conversation::exchange(Stage stage, std::string_view line, std::string_view reply,
                                     std::string_view did, int rule) {
  journal::event::Exchange exchange;
  exchange.stage = stage;
  exchange.number = ++numbers_[session_];
  exchange.asked = now_;
  exchange.line = keep(std::string(line));
  exchange.verb = keep(first_word(line));
  understand(exchange.line, exchange);
  exchange.pipelining = stage == Stage::ehlo && reply.find("PIPELINING") != std::string_view::npos;
  exchange.reply = reply.empty() ? std::string_view{} : keep(std::string(reply) + "\r\n");
  exchange.code = code_of(reply);
  exchange.open = reply.empty() && did == "stall";
  exchange.other_actions = keep(std::string(did));
  exchange.rule = rule;
  exchange.met = rule != 0;
  add(session_, exchange);
  return *this;
}

Conversation& Conversation::exchange(const journal::event::Exchange& exchange) {
  add(session_, exchange);
  return *this;
}

Conversation& Conversation::held(Stage stage, std::string_view line, Duration time,
                                 std::string_view reply, int rule) {
  exchange(stage, line, {}, "stall", rule);
  now_ += time;
  if (reply.empty()) return *this;
  journal::event::Reply later;
  later.exchange = numbers_[session_];
  later.reply = keep(std::string(reply) + "\r\n");
  later.code = code_of(reply);
  add(session_, later);
  return *this;
}

Conversation& Conversation::handover(std::string_view id, std::vector<std::string> recipients,
                                     std::string_view sender, std::string_view content,
                                     std::string_view message_id) {
  journal::event::Handover handover;
  handover.id = keep(std::string(id));
  handover.sender = keep(std::string(sender));
  std::vector<std::string_view>& list = memory_->lists.emplace_back();
  for (std::string& recipient : recipients)
    list.push_back(keep(std::move(recipient)));
  handover.recipients = list;
  handover.content_source = keep(std::string(content));
  handover.message_id = keep(std::string(message_id));
  handover.size = 500;
  add(0, handover);
  return *this;
}

Conversation& Conversation::offer_last() {
  std::get<journal::event::Handover>(events_.rbegin()->second.body).offered = true;
  return *this;
}

Conversation& Conversation::text_size_last(std::uint64_t size, std::uint64_t hash) {
  auto& handover = std::get<journal::event::Handover>(events_.rbegin()->second.body);
  handover.text_size = size;
  handover.text_hash = hash;
  return *this;
}

Conversation& Conversation::marks_last(std::string_view marks,
                                       std::optional<std::string_view> letters,
                                       std::string_view missing_fields) {
  auto& handover = std::get<journal::event::Handover>(events_.rbegin()->second.body);
  handover.marks = marks;
  handover.letters = letters;
  handover.missing_fields = missing_fields;
  return *this;
}

Conversation& Conversation::ask_last(std::string_view parameters, std::string_view untold) {
  auto& handover = std::get<journal::event::Handover>(events_.rbegin()->second.body);
  handover.parameters = keep(std::string(parameters));
  handover.untold_parameters = keep(std::string(untold));
  return *this;
}

Conversation& Conversation::result(std::string_view handover, std::string_view result) {
  add(0, journal::event::Result{keep(std::string(handover)), {}, keep(std::string(result))});
  return *this;
}

Conversation& Conversation::result(const journal::event::Result& result) {
  journal::event::Result kept = result;
  for (std::string_view* text : {&kept.handover, &kept.recipient, &kept.result, &kept.status})
    *text = keep(std::string(*text));
  add(0, kept);
  return *this;
}

Conversation& Conversation::content(std::string_view marks, std::optional<std::uint64_t> text_size,
                                    std::vector<journal::event::RecipientReport> reports) {
  journal::event::Content content;
  content.hash = 1;
  content.size = 500;
  content.marks = keep(std::string(marks));
  content.text_size = text_size;
  content.reports = memory_->reports.emplace_back(std::move(reports));
  add(session_, content);
  return *this;
}

Conversation& Conversation::ehlo(std::string_view reply) {
  return exchange(Stage::ehlo, "EHLO client.test", reply);
}
Conversation& Conversation::mail(std::string_view reply, std::string sender,
                                 std::string parameters) {
  return exchange(Stage::mail, "MAIL FROM:<" + sender + ">" + parameters, reply);
}
Conversation& Conversation::rcpt(std::string_view reply, std::string recipient) {
  return exchange(Stage::rcpt, "RCPT TO:<" + recipient + ">", reply);
}
Conversation& Conversation::data(std::string_view reply) {
  return exchange(Stage::data, "DATA", reply);
}

Conversation& Conversation::content(std::string_view message_id, std::uint64_t hash) {
  journal::event::Content content;
  content.message_id = keep(std::string(message_id));
  content.hash = hash;
  content.size = 500;
  add(session_, content);
  return *this;
}

Conversation& Conversation::content(const journal::event::Content& content) {
  add(session_, content);
  return *this;
}

Conversation& Conversation::accepted() {
  add(session_, journal::event::Accepted{1});
  return *this;
}

Conversation& Conversation::reading(bool stopped) {
  add(session_, journal::event::Reading{stopped});
  return *this;
}

Conversation& Conversation::message(std::string_view reply, std::string_view did, int rule) {
  exchange(Stage::message, ".", reply, did, rule);
  if (reply.front() == '2') add(session_, journal::event::Accepted{1});
  return *this;
}

Conversation& Conversation::silence(std::string_view did, bool accepted) {
  exchange(Stage::message, ".", {}, did, 7);
  if (accepted) add(session_, journal::event::Accepted{1});
  return *this;
}

Conversation& Conversation::tls(bool ok) {
  journal::event::Tls tls;
  tls.ok = ok;
  tls.met = true;
  add(session_, tls);
  return *this;
}

Conversation& Conversation::tls(const journal::event::Tls& tls) {
  add(session_, tls);
  return *this;
}

Conversation& Conversation::quit() {
  exchange(Stage::quit, "QUIT", "221 Bye");
  return end(journal::event::EndedBy::client_quit, Stage::quit);
}

Conversation& Conversation::end(journal::event::EndedBy by, Stage stage) {
  add(session_, journal::event::Disconnect{by, stage, 0, {}, false, 0});
  return *this;
}

Conversation& Conversation::end(const journal::event::Disconnect& how) {
  add(session_, how);
  return *this;
}

Conversation& Conversation::sender_started() {
  journal::event::Process process;
  process.started = true;
  process.command = "mailer";
  add(0, process);
  return *this;
}
Conversation& Conversation::sender_ended(int exit_code, bool queue,
                                         journal::event::ProcessEnd ended) {
  journal::event::Process process;
  process.exit_code = exit_code;
  process.queue = queue;
  process.ended = ended;
  add(0, process);
  return *this;
}

Conversation& Conversation::queue_empty() {
  add(0, journal::event::QueueEmpty{});
  return *this;
}

Conversation& Conversation::continued() {
  add(0, journal::event::Continued{});
  return broken_off();
}

Conversation& Conversation::sender_timed_out() {
  return sender_ended(128 + 15, false, journal::event::ProcessEnd::timeout);
}

Conversation& Conversation::query(const journal::event::Query& query) {
  add(0, query);
  return *this;
}

Conversation& Conversation::process(const journal::event::Process& process) {
  add(0, process);
  return *this;
}

Conversation& Conversation::at(const std::string& host) {
  constexpr std::uint32_t first = 1000; // far from what the constructor is given
  server_ =
      hosts_.try_emplace(host, first + static_cast<std::uint32_t>(hosts_.size())).first->second;
  return *this;
}

Conversation& Conversation::query(std::string_view name, std::string_view type) {
  journal::event::Query query;
  query.name = keep(std::string(name));
  query.type = keep(std::string(type));
  query.answer = "noerror";
  query.asked = now_;
  add(0, query);
  return *this;
}

Conversation& Conversation::port(scenario::ListenAnswer answer, Moment at, std::uint64_t refused,
                                 bool counted) {
  const Moment first = std::exchange(now_, at);
  add(0, journal::event::Listen{answer, 0, refused, first, counted});
  return *this;
}

Conversation& Conversation::store_lost(Moment at) {
  now_ = at;
  add(0, journal::event::Store{true, "Connection refused", at, false});
  return *this;
}

Conversation& Conversation::store_found(Moment at, bool restarted) {
  now_ = at;
  add(0, journal::event::Store{false, {}, {}, restarted});
  return *this;
}

Conversation& Conversation::turned_away(Stage stage, std::string_view line) {
  exchange(stage, line, "421 4.3.2 Service not available, closing the connection");
  std::get<journal::event::Exchange>(events_.rbegin()->second.body).store_lost = true;
  return end(journal::event::EndedBy::store_lost, stage);
}

Conversation& Conversation::asked(std::string_view name, bool own, bool met) {
  journal::event::Query query;
  query.client = "203.0.113.2";
  query.name = keep(std::string(name));
  query.type = "MX";
  query.asked = now_;
  query.answered = now_;
  query.answer = "noerror";
  query.met = met;
  const std::uint32_t server = std::exchange(server_, own ? server_ : 0);
  add(0, query);
  server_ = server;
  return *this;
}

Conversation& Conversation::finish(Moment at) {
  now_ = at;
  add(0, journal::event::Note{"the watch is over"});
  return *this;
}

Conversation& Conversation::broken_off() {
  complete_ = false;
  return *this;
}

Conversation& Conversation::wait(Duration duration) {
  now_ += duration;
  return *this;
}

Conversation& Conversation::deliver(std::string_view message_id) {
  return mail().rcpt().data().content(message_id).message().quit();
}
Conversation& Conversation::refused() {
  return mail("452 4.3.1 Full").quit();
}

std::string Conversation::text() const {
  std::string out;
  journal::Event opened;
  opened.server = hosts_.empty() ? server_ : 1;
  journal::event::Server server;
  server.scenario = scenario_;
  const journal::event::Host where{host_, "127.0.0.1", 2525};
  if (!host_.empty()) server.hosts = {&where, 1};
  opened.body = server;
  std::uint64_t sequence = 0;
  if (run_) {
    journal::Event beginning;
    beginning.body = *run_;
    journal::encode(beginning, ++sequence, out);
  }
  journal::encode(opened, ++sequence, out);
  for (const auto& [name, number] : hosts_) {
    const journal::event::Host host{name, "127.0.0.1", 25};
    server.hosts = {&host, 1};
    opened.server = number;
    opened.body = server;
    journal::encode(opened, ++sequence, out);
  }
  for (const auto& [when, event] : events_)
    journal::encode(event, ++sequence, out);
  journal::Event end;
  end.time = events_.empty() ? Moment() : events_.rbegin()->first;
  end.body = journal::event::End{};
  if (complete_) journal::encode(end, ++sequence, out);
  return out;
}

} // namespace tempfail::verdict::test
