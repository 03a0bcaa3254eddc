// Command lines: from bytes to the handler of their verb, and the commands that are no part of a
// transaction.
#include "base/ascii.hpp"
#include "session/smtp_session.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::session {

using journal::event::EndedBy;
using wire::Verb;

namespace {

Stage stage_of(Verb verb) {
  switch (verb) {
  case Verb::helo:
  case Verb::ehlo: return Stage::ehlo;
  case Verb::starttls: return Stage::starttls;
  case Verb::auth: return Stage::auth;
  case Verb::mail: return Stage::mail;
  case Verb::rcpt: return Stage::rcpt;
  case Verb::data:
  case Verb::bdat: return Stage::data;
  case Verb::rset: return Stage::rset;
  case Verb::noop: return Stage::noop;
  case Verb::vrfy:
  case Verb::expn:
  case Verb::help: return Stage::vrfy;
  case Verb::quit: return Stage::quit;
  case Verb::unknown: return Stage::unknown;
  }
  return Stage::unknown;
}

/// The longest line a client may send, with its CR LF: RFC 5321 section 4.5.3.1.4, and what extensions
/// add to it (RFC 1870, 6152, 6531, 3461, 4954).
std::size_t longest_line(Verb verb) {
  constexpr std::size_t basic = 512; // bytes
  switch (verb) {
  case Verb::mail: return basic + 26 + 17 + 10 + 107 + 500;
  case Verb::rcpt: return basic + 500;
  case Verb::auth: return 12288;
  default: return basic;
  }
}

/// Commands that must come last in a group (RFC 2920 section 3.1, RFC 4954 section 4).
bool ends_a_group(Verb verb) {
  switch (verb) {
  case Verb::helo:
  case Verb::ehlo:
  case Verb::data:
  case Verb::vrfy:
  case Verb::expn:
  case Verb::noop:
  case Verb::auth:
  case Verb::quit: return true;
  default: return false;
  }
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find_first_of(" \t"));
}

} // namespace

void SmtpSession::receive(std::string_view& input, CallContext& call) {
  if (ended()) {
    listen_after_end(input, call);
    return;
  }
  if (!is_talking() || awaits_no_command()) {
    input = {};
    return;
  }
  if (idle_step_ != 0) set_idle_timer(call);
  while (!input.empty() && !call.paused && call.lines < lines_per_call) {
    switch (mode_) {
    case Mode::content: take_content(input, call); continue;
    case Mode::chunk: take_chunk(input, call); continue;
    case Mode::skip: skip_chunk(input); continue;
    case Mode::command:
    case Mode::auth: break;
    }
    const bool was_split = splitter_.pending() != 0;
    if (const std::optional<wire::Line> line = splitter_.next(input))
      take_line(*line, was_split, input.size(), call);
    if (call.drop_input) input = {};
  }
}

/// What arrives is a client's side of TLS, which a rule has taken the server's side from.
bool SmtpSession::awaits_no_command() const {
  return !tls_ && (stage_ == Stage::handshake || (peer_.implicit_tls && half_closed_));
}

void SmtpSession::take_line(const wire::Line& line, bool was_split, std::size_t input_behind,
                            CallContext& call) {
  ++commands_;
  ++call.lines;
  if (++commands_without_mail_ > active().limits().commands) {
    give_up(stage_, StandardReply::too_many_commands, call);
    return;
  }
  Command command;
  // A line that came in pieces lives in the splitter, until it is asked for the next one.
  const std::string_view text = was_split ? call.out.texts.keep(line.text) : line.text;
  command.input_behind = input_behind;
  if (mode_ == Mode::auth) {
    begin_step(call, Stage::auth, "*");
    Breaches breaches = line.end == wire::LineEnd::lf ? bit(Breach::bare_lf_command) : 0;
    if (input_behind != 0) breaches |= bit(Breach::pipelined_without_leave);
    auth_line(text, breaches, call);
    return;
  }
  command.parsed = wire::parse_command_line(text);
  show(command, text, call);
  command.breaches = breaches_of(line, command) | take_early_breach();
  note_refused_data_text(command);
  verb_ = command.parsed.verb == Verb::unknown ? command.parsed.verb_text
                                               : wire::to_string(command.parsed.verb);
  begin_step(call, stage_of(command.parsed.verb), command.line);
  if (line.too_long)
    refuse(stage_of(command.parsed.verb), command, StandardReply::line_too_long, call);
  else
    dispatch(command, call);
  only_mail_ = command.parsed.verb == Verb::mail;
  verb_ = {};
}

/// A client that sends its text without a 354 to DATA breaks the sequence, once: what the lines look like as
/// commands is no fault of their own. A client that did not wait for the reply has already broken `pipelining`.
void SmtpSession::note_refused_data_text(Command& command) {
  const Verb verb = command.parsed.verb;
  const bool is_bare = command.parsed.arguments.empty();
  const bool ends_it = verb == Verb::mail || verb == Verb::ehlo || verb == Verb::helo ||
                       (is_bare && (verb == Verb::rset || verb == Verb::quit));
  if (ends_it || (refused_data_text_ == RefusedDataText::may_come && verb != Verb::unknown))
    refused_data_text_ = RefusedDataText::none;
  if (refused_data_text_ == RefusedDataText::none || verb != Verb::unknown) return;
  command.is_text = true;
  command.breaches =
      refused_data_text_ == RefusedDataText::may_come ? bit(Breach::wrong_sequence) : 0;
  refused_data_text_ =
      command.parsed.verb_text == "." && is_bare ? RefusedDataText::none : RefusedDataText::comes;
}

/// Whether a client may have sent a chunk before it knew that MAIL, or every RCPT, was refused: it pipelines (RFC 3030
/// section 2), and does not leave out RCPT, which no client would that knows nothing of MAIL.
bool SmtpSession::may_be_under_way() const {
  return announced(Extension::pipelining) && !only_mail_;
}

/// What the journal may say of a line, and by which verb.
void SmtpSession::show(Command& command, std::string_view line, CallContext& call) {
  const Masked masked = secrets_.mask(line, command.parsed);
  command.line = masked.line ? call.out.texts.keep(*masked.line) : line;
  command.verb = masked.verb;
}

Breaches SmtpSession::breaches_of(const wire::Line& line, const Command& command) const {
  Breaches breaches = 0;
  const Verb verb = command.parsed.verb;
  const std::size_t length = line.text.size() + (line.end == wire::LineEnd::crlf ? 2 : 1);
  if (line.end == wire::LineEnd::lf) breaches |= bit(Breach::bare_lf_command);
  if (line.too_long || length > longest_line(verb)) breaches |= bit(Breach::line_too_long);
  if (line.text.find('\0') != std::string_view::npos) breaches |= bit(Breach::nul);
  const bool judges_utf8_itself = verb == Verb::mail || verb == Verb::rcpt;
  if (!judges_utf8_itself && !base::is_ascii(line.text)) breaches |= bit(Breach::eight_bit_command);
  if (!may_have_input_behind(command)) breaches |= bit(Breach::pipelined_without_leave);
  return breaches;
}

bool SmtpSession::may_have_input_behind(const Command& command) const {
  const Verb verb = command.parsed.verb;
  if (command.input_behind == 0 || verb == Verb::starttls) return true;
  if (verb == Verb::bdat) {
    const auto chunk = wire::parse_bdat(command.parsed.arguments);
    if (chunk && command.input_behind <= chunk->size) return true;
  }
  return announced(Extension::pipelining) && !ends_a_group(verb);
}

/// Commands that can't be taken where the session stands, whatever they say.
bool SmtpSession::is_out_of_place(Command& command, CallContext& call) {
  const Verb verb = command.parsed.verb;
  if (verb == Verb::mail && hello_ == Hello::none) { // whose message it would have been
    const wire::PathResult from = wire::parse_path(command.parsed.arguments, "FROM");
    if (!from.error) command.address = from.path.address;
  }
  if (greeting_answer_ != GreetingAnswer::given && verb != Verb::quit) {
    refuse(stage_of(verb), command, StandardReply::only_quit, call, bit(Breach::wrong_sequence));
  } else if (hello_ == Hello::none &&
             (verb == Verb::mail || verb == Verb::rcpt || verb == Verb::data ||
              verb == Verb::bdat || verb == Verb::auth || verb == Verb::starttls)) {
    refuse(stage_of(verb), command, StandardReply::hello_first, call, bit(Breach::wrong_sequence));
  } else {
    return false;
  }
  const auto chunk = verb == Verb::bdat ? wire::parse_bdat(command.parsed.arguments) : std::nullopt;
  if (chunk) skip(chunk->size);
  return true;
}

/// A client that pipelines sends RCPT, DATA and chunks before it can know that MAIL or a chunk was refused (RFC 2920
/// section 3.1, RFC 3030 section 2).
Breaches SmtpSession::without_mail() const {
  return mail_refused_ && announced(Extension::pipelining) ? 0 : bit(Breach::wrong_sequence);
}

void SmtpSession::dispatch(Command& command, CallContext& call) {
  if (is_out_of_place(command, call)) return;
  const Verb verb = command.parsed.verb;
  if (verb != Verb::rcpt && verb != Verb::data && verb != Verb::bdat) mail_refused_ = false;
  const bool takes_no_argument =
      verb == Verb::data || verb == Verb::rset || verb == Verb::quit || verb == Verb::starttls;
  if (takes_no_argument && !command.parsed.arguments.empty()) {
    refuse(stage_of(verb), command, StandardReply::no_argument_allowed, call, bit(Breach::syntax));
    return;
  }
  switch (verb) {
  case Verb::helo:
  case Verb::ehlo: hello(command, call); return;
  case Verb::starttls: starttls(command, call); return;
  case Verb::auth: auth(command, call); return;
  case Verb::mail:
    mail(command, call);
    mail_refused_ = !transaction_;
    return;
  case Verb::rcpt: rcpt(command, call); return;
  case Verb::data: data(command, call); return;
  case Verb::bdat: {
    const bool begun = transaction_ != nullptr;
    bdat(command, call);
    mail_refused_ = mail_refused_ || (begun && !transaction_ && !command.last_chunk);
    return;
  }
  case Verb::rset:
    if (answer(Stage::rset, command, own_reply(StandardReply::ok), call).positive())
      end_transaction();
    return;
  case Verb::noop: answer(Stage::noop, command, own_reply(StandardReply::ok), call); return;
  case Verb::vrfy:
  case Verb::expn:
  case Verb::help: help_or_verify(command, call); return;
  case Verb::quit: quit(command, call); return;
  case Verb::unknown: break;
  }
  if (!command.is_text) command.breaches |= bit(Breach::syntax);
  const StageRule* rule = nullptr;
  if (!active().rules(Stage::unknown).empty()) rule = firing_rule(rule_input(Stage::unknown, call));
  if (rule != nullptr)
    carry_out(Stage::unknown, rule, command, own_reply(StandardReply::unknown_command), call);
  else
    refuse(Stage::unknown, command, StandardReply::unknown_command, call);
}

void SmtpSession::hello(const Command& command, CallContext& call) {
  const bool extended = command.parsed.verb == Verb::ehlo;
  const std::string_view name = first_word(command.parsed.arguments);
  if (name.empty()) {
    refuse(Stage::ehlo, command, StandardReply::hello_needs_name, call, bit(Breach::syntax));
    return;
  }
  end_transaction(); // as RSET does (RFC 5321 section 4.1.4)
  std::string former = std::exchange(helo_, std::string(name));
  Command judged = command;
  if (!wire::is_hello_name(name)) judged.breaches |= bit(Breach::syntax);
  const StageResult given =
      answer(Stage::ehlo, judged, prepared_->hello_reply(extended, tls_), call);
  if (given.positive()) {
    hello_ = extended ? Hello::ehlo : Hello::helo;
    const bool by_rule = given.rule != nullptr && given.rule->announces;
    said_hello_ = by_rule ? given.rule : nullptr;
  } else {
    helo_ = std::move(former);
  }
}

void SmtpSession::starttls(const Command& command, CallContext& call) {
  if (tls_) {
    refuse(Stage::starttls, command, StandardReply::tls_already_active, call,
           bit(Breach::wrong_sequence));
    return;
  }
  if (!announced(Extension::starttls)) {
    refuse(Stage::starttls, command, StandardReply::not_implemented, call,
           bit(Breach::unannounced_extension));
    return;
  }
  Command judged = command;
  if (command.input_behind != 0) judged.breaches |= bit(Breach::plaintext_behind_starttls);
  if (!answer(Stage::starttls, judged, own_reply(StandardReply::ready_for_tls), call).positive() ||
      ended())
    return;
  // All that was known of the client is forgotten (RFC 3207 section 4.2), and what it sent in clear
  // behind the command is not looked at.
  call.drop_input = true;
  end_transaction();
  helo_.clear();
  said_hello_ = nullptr;
  hello_ = Hello::none;
  authenticated_ = false;
  begin_tls(call);
}

void SmtpSession::auth(const Command& command, CallContext& call) {
  const std::string_view mechanism = first_word(command.parsed.arguments);
  std::string_view response = command.parsed.arguments.substr(mechanism.size());
  response.remove_prefix(std::min(response.find_first_not_of(" \t"), response.size()));
  const auto refuse_with = [&](StandardReply text, Breach breach) {
    refuse(Stage::auth, command, text, call, bit(breach));
  };
  if (!announced(Extension::auth))
    return refuse_with(StandardReply::not_implemented, Breach::unannounced_extension);
  if (authenticated_)
    return refuse_with(StandardReply::already_authenticated, Breach::wrong_sequence);
  if (transaction_) return refuse_with(StandardReply::not_during_mail, Breach::wrong_sequence);
  if (mechanism.empty()) return refuse_with(StandardReply::needs_argument, Breach::syntax);
  const std::vector<std::string>& offered = prepared_->server().auth->mechanisms;
  const bool is_offered =
      std::any_of(offered.begin(), offered.end(), [mechanism](const auto& name) {
        return base::equal_ignoring_case(name, mechanism);
      });
  const bool plain = base::equal_ignoring_case(mechanism, "PLAIN");
  if (!is_offered || (!plain && !base::equal_ignoring_case(mechanism, "LOGIN"))) {
    refuse(Stage::auth, command, StandardReply::auth_unknown_mechanism, call);
    return;
  }
  auth_ = std::make_unique<AuthExchange>(plain ? AuthExchange::Mechanism::plain
                                               : AuthExchange::Mechanism::login);
  const auto initial = response.empty() ? std::nullopt : std::optional<std::string_view>(response);
  auth_step(auth_->start(initial), command, call);
}

void SmtpSession::auth_line(std::string_view line, Breaches breaches, CallContext& call) {
  Command command;
  command.line = "*";
  command.breaches = breaches;
  if (line != "*") {
    auth_step(auth_->take(line), command, call);
    return;
  }
  auth_.reset();
  mode_ = Mode::command;
  refuse(Stage::auth, command, StandardReply::auth_cancelled, call);
}

void SmtpSession::auth_step(AuthExchange::Step step, const Command& command, CallContext& call) {
  const auto ask = [&](StandardReply prompt) {
    carry_out(Stage::auth, nullptr, command, own_reply(prompt), call);
    mode_ = Mode::auth;
  };
  switch (step) {
  case AuthExchange::Step::ask_plain: ask(StandardReply::auth_empty_prompt); return;
  case AuthExchange::Step::ask_user: ask(StandardReply::auth_user_prompt); return;
  case AuthExchange::Step::ask_password: ask(StandardReply::auth_password_prompt); return;
  case AuthExchange::Step::complete: break;
  case AuthExchange::Step::malformed:
    auth_.reset();
    mode_ = Mode::command;
    refuse(Stage::auth, command, StandardReply::auth_bad_base64, call, bit(Breach::syntax));
    return;
  }
  const bool valid = auth_->valid(*prepared_->server().auth);
  auth_.reset();
  mode_ = Mode::command;
  const StandardReply text = valid ? StandardReply::authenticated : StandardReply::auth_failed;
  authenticated_ = answer(Stage::auth, command, own_reply(text), call).positive();
}

void SmtpSession::help_or_verify(const Command& command, CallContext& call) {
  const Verb verb = command.parsed.verb;
  StandardReply text = StandardReply::not_implemented;
  if (verb == Verb::help && prepared_->announces(Extension::help, tls_)) {
    text = StandardReply::help;
  } else if (verb == Verb::vrfy && prepared_->announces(Extension::vrfy, tls_)) {
    text = StandardReply::will_not_verify;
    if (command.parsed.arguments.empty()) {
      refuse(Stage::vrfy, command, StandardReply::needs_argument, call, bit(Breach::syntax));
      return;
    }
  }
  answer(Stage::vrfy, command, own_reply(text), call);
}

void SmtpSession::quit(const Command& command, CallContext& call) {
  const StageResult given = answer(Stage::quit, command, own_reply(StandardReply::bye), call);
  if (given.rule == nullptr || !given.rule->decides_end) end(EndedBy::client_quit, false, call);
}

} // namespace tempfail::session
