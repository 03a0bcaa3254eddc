// DATA, BDAT, the content itself, and the reply to a message.
#include "mime/marks.hpp"
#include "mime/notification.hpp"
#include "session/smtp_session.hpp"
#include "wire/delivery_report.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace tempfail::session {
namespace {

std::string hexadecimal(std::uint64_t number) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  return {digits.data(), end};
}

std::string without_brackets(std::string id) {
  if (id.starts_with('<')) id.erase(0, 1);
  if (id.ends_with('>')) id.pop_back();
  return id;
}

std::string join_sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  std::string joined;
  for (const std::string& text : texts) {
    if (!joined.empty()) joined += ' ';
    joined += text;
  }
  return joined;
}

/// BDAT as it was sent, for the journal: its line is long gone when its chunk is complete.
std::string bdat_line(const Transaction& transaction) {
  return "BDAT " + std::to_string(transaction.chunk_size) + (transaction.chunk_last ? " LAST" : "");
}

/// What comes from <> may be a notification, which the judge wants to know: so much of it is looked at.
constexpr std::size_t notification_limit = std::size_t{64} << 10U; // bytes

/// Whether what a rule replies is no refusal.
bool says_yes(const StageRule& rule) {
  return rule.code >= 200 && rule.code < 400;
}

/// The same for the journal's fields.
void describe_chunk(std::uint64_t size, bool last, Command& command) {
  command.verb = wire::to_string(wire::Verb::bdat);
  command.size = size;
  command.last_chunk = last;
}

} // namespace

void SmtpSession::data(const Command& command, CallContext& call) {
  StageResult given;
  if (!transaction_ || transaction_->reader) {
    given = refuse(Stage::data, command,
                   transaction_ ? StandardReply::data_after_bdat : StandardReply::mail_first, call,
                   transaction_ ? bit(Breach::wrong_sequence) : without_mail());
  } else if (transaction_->recipients.empty()) {
    given = refuse(Stage::data, command, StandardReply::no_valid_recipients, call);
  } else {
    know_envelope();
    given = answer(Stage::data, command, own_reply(StandardReply::start_mail), call);
  }
  const bool wants_content = given.code >= 300 && given.code < 400;
  if (given.code != 0 && !wants_content)
    refused_data_text_ =
        command.input_behind == 0 ? RefusedDataText::may_come : RefusedDataText::comes;
  if (!wants_content || ended()) return;
  // A rule may have said 354 where there is no MAIL: there is content all the same.
  if (!transaction_) transaction_ = std::make_unique<Transaction>();
  begin_content(wire::DataReader::Framing::dots);
  mode_ = Mode::content;
  run_content_rules(call);
}

/// From here on the envelope is complete: rules may be counted by all its recipients.
void SmtpSession::know_envelope() {
  const auto has_rules = [this](Stage stage) { return !active().rules(stage).empty(); };
  if (!has_rules(Stage::data) && !has_rules(Stage::content) && !has_rules(Stage::message)) return;
  transaction_->has_envelope = true;
  if (transaction_->recipients.size() > 1)
    transaction_->joined_recipients = join_sorted(transaction_->recipients);
}

void SmtpSession::begin_content(wire::DataReader::Framing framing) {
  const bool keeps_all = active().keeps_content() || active().limits().look_for_marks ||
                         active().limits().keep_messages;
  const std::size_t content_limit = keeps_all ? static_cast<std::size_t>(active().size_limit())
                                    : transaction_->sender.empty() ? notification_limit
                                                                   : 0;
  transaction_->reader.emplace(framing, active().limits().header_section, content_limit);
  stage_ = Stage::content;
}

void SmtpSession::bdat(Command& command, CallContext& call) {
  const auto chunk = wire::parse_bdat(command.parsed.arguments);
  if (chunk) describe_chunk(chunk->size, chunk->last, command);
  const auto refuse_with = [&](StandardReply text, Breaches breaches) {
    refuse(Stage::data, command, text, call, breaches);
    if (chunk) skip(chunk->size); // the chunk comes whatever we say (RFC 3030 section 2)
  };
  if (!announced(Extension::chunking))
    return refuse_with(StandardReply::not_implemented, bit(Breach::unannounced_extension));
  if (!chunk) return refuse_with(StandardReply::bad_chunk, bit(Breach::syntax));
  const Breaches unless_under_way = may_be_under_way() ? 0 : bit(Breach::wrong_sequence);
  if (!transaction_)
    return refuse_with(StandardReply::mail_first, without_mail() | unless_under_way);
  if (transaction_->recipients.empty())
    return refuse_with(StandardReply::no_valid_recipients, unless_under_way);
  const bool first = !transaction_->reader;
  const std::uint64_t before = first ? 0 : transaction_->reader->facts().size;
  if (chunk->size > active().size_limit() || before + chunk->size > active().size_limit()) {
    refuse_with(StandardReply::message_too_large, 0);
    count_answer(Stage::data, own_reply(StandardReply::message_too_large).code);
    end_transaction();
    return;
  }
  transaction_->chunk_size = transaction_->chunk_left = chunk->size;
  transaction_->chunk_last = chunk->last;
  transaction_->chunk_answered = false;
  if (first && !begin_chunks(command, call)) return;
  mode_ = Mode::chunk;
  stage_ = Stage::content;
  run_content_rules(call);
  if (is_talking() && transaction_->chunk_left == 0) end_of_chunk(call);
}

/// The first chunk of a message stands where DATA would: its rules apply. False: it was refused.
bool SmtpSession::begin_chunks(const Command& command, CallContext& call) {
  know_envelope();
  const StageRule* const rule =
      active().rules(Stage::data).empty() ? nullptr : firing_rule(rule_input(Stage::data, call));
  // DATA is answered with 354: a rule that says 250 instead says to BDAT what is right.
  const bool is_right =
      rule != nullptr && rule->replaces_reply && rule->code >= 200 && rule->code < 300;
  if (rule != nullptr && !is_right) {
    // The last chunk is answered once, as a message is: by a rule that takes it when it is there. One that only
    // delays, or refuses, is carried out here.
    if (transaction_->chunk_last && rule->replaces_reply && says_yes(*rule)) {
      transaction_->last_chunk_rule = rule;
      begin_content(wire::DataReader::Framing::chunks);
      return true;
    }
    const bool answers = rule->replaces_reply || !transaction_->chunk_last;
    const ServerReply fallback = answers ? own_reply(StandardReply::chunk_ok) : ServerReply{};
    const StageResult given = carry_out(Stage::data, rule, command, fallback, call);
    transaction_->chunk_answered = answers;
    if (ended()) skip(transaction_->chunk_left);
    if (!is_talking()) return false;
    if (answers && (given.code < 200 || given.code > 399)) {
      skip(transaction_->chunk_left);
      end_transaction();
      return false;
    }
  }
  begin_content(wire::DataReader::Framing::chunks);
  return true;
}

void SmtpSession::skip(std::uint64_t size) {
  if (size == 0) return;
  skip_left_ = size;
  mode_ = Mode::skip;
}

void SmtpSession::skip_chunk(std::string_view& input) {
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(skip_left_, input.size()));
  input.remove_prefix(length);
  skip_left_ -= length;
  if (skip_left_ == 0) mode_ = Mode::command;
}

/// How many bytes of content may be read before a rule is to be looked at.
std::uint64_t SmtpSession::next_content_stop() const {
  const auto rules = active().rules(Stage::content);
  const std::size_t next = transaction_->next_content_rule;
  if (next >= rules.size()) return std::numeric_limits<std::uint64_t>::max();
  return rules[next].rule->after_bytes - transaction_->reader->bytes_consumed();
}

/// Of the rules for the same byte the first that fires counts.
void SmtpSession::run_content_rules(CallContext& call) {
  const auto rules = active().rules(Stage::content);
  std::size_t& next = transaction_->next_content_rule;
  const std::uint64_t arrived = transaction_->reader->bytes_consumed();
  std::optional<std::uint64_t> settled;
  while (next < rules.size() && rules[next].rule->after_bytes <= arrived) {
    const StageRule& rule = rules[next++];
    if (settled == rule.rule->after_bytes) continue;
    if (!fires(rule, rule_input(Stage::content, call), active().server(), active_state())) continue;
    settled = rule.rule->after_bytes;
    const StageResult given = carry_out(Stage::content, &rule, {}, {}, call);
    transaction_->replied_early = transaction_->replied_early || given.code != 0;
    if (!is_talking()) return;
  }
}

void SmtpSession::take_content(std::string_view& input, CallContext& call) {
  wire::DataReader& reader = *transaction_->reader;
  const std::uint64_t stop = next_content_stop();
  const std::string_view offered = input.substr(0, std::min<std::uint64_t>(stop, input.size()));
  std::string_view rest = offered;
  const bool complete = reader.feed(rest);
  input.remove_prefix(offered.size() - rest.size());
  begin_step(call, Stage::content, {});
  run_content_rules(call);
  if (complete && is_talking()) {
    Command command;
    command.line = ".";
    end_of_message(command, input.size(), call);
  }
}

void SmtpSession::take_chunk(std::string_view& input, CallContext& call) {
  const std::uint64_t most = std::min(next_content_stop(), transaction_->chunk_left);
  std::string_view part = input.substr(0, std::min<std::uint64_t>(most, input.size()));
  input.remove_prefix(part.size());
  transaction_->chunk_left -= part.size();
  transaction_->reader->feed(part);
  begin_step(call, Stage::content, {});
  run_content_rules(call);
  if (transaction_->chunk_left == 0 && is_talking()) end_of_chunk(call);
}

void SmtpSession::end_of_chunk(CallContext& call) {
  mode_ = Mode::command;
  if (transaction_->chunk_last && !transaction_->replied_early) {
    transaction_->reader->finish();
    // What is pipelined behind a last chunk was judged with the BDAT command.
    Command command;
    command.line = call.out.texts.keep(bdat_line(*transaction_));
    describe_chunk(transaction_->chunk_size, true, command);
    end_of_message(command, 0, call);
    return;
  }
  if (transaction_->replied_early) {
    end_transaction();
    return;
  }
  if (transaction_->chunk_answered) return;
  Command command;
  command.line = call.out.texts.keep(bdat_line(*transaction_));
  describe_chunk(transaction_->chunk_size, false, command);
  carry_out(Stage::data, nullptr, command, own_reply(StandardReply::chunk_ok), call);
}

Breaches SmtpSession::content_breaches(const wire::ContentFacts& facts) const {
  constexpr std::uint32_t longest_line = 1000; // bytes, RFC 5321 section 4.5.3.1.6
  Breaches breaches = 0;
  const auto add = [&breaches](bool seen, Breach breach) {
    if (seen) breaches |= bit(breach);
  };
  add(facts.bare_lf, Breach::bare_lf_content);
  add(facts.bare_cr, Breach::bare_cr_content);
  add(facts.longest_line > longest_line, Breach::line_too_long);
  add(facts.unstuffed_dot, Breach::unstuffed_dot);
  // With SMTPUTF8 the header may have UTF-8 without BODY=8BITMIME (RFC 6531 section 3.6); where in a message an octet
  // stands is not known here.
  add(facts.eight_bit && !transaction_->eight_bit && !transaction_->smtputf8,
      Breach::eight_bit_content);
  add(facts.nul, Breach::nul);
  const std::uint64_t declared = transaction_->declared_size;
  add(declared != 0 && declared < facts.size, Breach::size_wrong);
  return breaches;
}

/// Of a message over the size limit only a part was kept: what is missing there is nobody's fault.
void SmtpSession::note_marks(journal::event::Content& content, CallContext& call) const {
  const std::string& kept = transaction_->reader->content();
  if (kept.size() != content.size) return;
  const std::optional<mime::Marks> marks = mime::find_marks(kept);
  if (!marks) return;
  content.marks = call.out.texts.keep(marks->found);
  content.repeated_marks = call.out.texts.keep(marks->repeated);
  if (marks->letters) content.letters = call.out.texts.keep(*marks->letters);
  content.missing_fields = call.out.texts.keep(marks->missing_fields);
  content.text_size = marks->text_size;
  content.text_hash = marks->text_hash;
  content.repeated_fields = call.out.texts.keep(marks->repeated_fields);
}

/// What comes from <> may be a notification.
void SmtpSession::note_notification(journal::event::Content& content, CallContext& call) const {
  const auto keep = [&call](const std::string& text) { return call.out.texts.keep(text); };
  const mime::Notification found = mime::read_notification(
      std::string_view(transaction_->reader->content()).substr(0, notification_limit));
  const wire::DeliveryStatus status = wire::read_delivery_status(found.fields);
  content.form = {keep(found.type),
                  keep(found.status_type),
                  keep(found.returned),
                  keep(status.reporting_mta),
                  keep(status.original_envelope_id),
                  status.eight_bit,
                  keep(found.returned_message_id)};
  std::vector<journal::event::RecipientReport>& reports = call.out.reports.emplace_back();
  for (const wire::RecipientReport& one : status.recipients)
    reports.push_back({keep(one.recipient), keep(one.action), keep(one.status),
                       keep(one.original_recipient), keep(one.remote_mta), keep(one.diagnostic),
                       keep(one.will_retry_until), one.final_is_missing});
  content.reports = reports;
}

void SmtpSession::end_of_message(Command& command, std::size_t input_behind, CallContext& call) {
  begin_step(call, Stage::message, command.line);
  const wire::ContentFacts& facts = transaction_->reader->facts();
  transaction_->message_key = without_brackets(wire::header_field(facts.headers, "Message-ID"));
  journal::event::Content content;
  content.message_id = call.out.texts.keep(transaction_->message_key);
  content.hash = facts.hash;
  content.size = facts.size;
  content.received_fields = facts.received_fields;
  content.longest_line = facts.longest_line;
  content.breaches = content_breaches(facts);
  if (transaction_->sender.empty()) note_notification(content, call);
  if (active().limits().look_for_marks) note_marks(content, call);
  record(content, call);
  if (transaction_->message_key.empty()) transaction_->message_key = hexadecimal(facts.hash);

  mode_ = Mode::command;
  stage_ = Stage::message;
  if (!transaction_->replied_early) {
    StandardReply text = StandardReply::message_accepted;
    if (facts.size > active().size_limit())
      text = StandardReply::message_too_large;
    else if (facts.received_fields > active().limits().received_fields)
      text = StandardReply::too_many_hops;
    if (input_behind != 0 && !announced(Extension::pipelining))
      command.breaches = bit(Breach::pipelined_without_leave);
    if (transaction_->recipients.empty()) // the go-ahead was a rule's (RFC 2920 section 3.1)
      refuse(Stage::message, command, StandardReply::no_valid_recipients, call);
    else if (transaction_->last_chunk_rule != nullptr)
      carry_out(Stage::message, transaction_->last_chunk_rule, command, own_reply(text), call);
    else
      answer(Stage::message, command, own_reply(text), call);
  }
  end_transaction();
}

/// The message counts as delivered from here on.
void SmtpSession::accept_message(CallContext& call) {
  if (transaction_->recipients.empty())
    return; // whatever a rule says, there is nobody to deliver it to
  record(journal::event::Accepted{mail_commands_}, call);
  active_state().accepted(transaction_->reader->facts().size, transaction_->recipients, call.now);
  ++messages_;
  commands_without_mail_ = 0;
  if (active().limits().keep_messages)
    call.out.list.emplace_back(effect::Keep{accepted_mail(call)});
  if (active().server().forward && !transaction_->sender.empty())
    call.out.list.emplace_back(effect::Forward{accepted_mail(call)});
}

/// The index of the message among those that are handed over.
std::uint32_t SmtpSession::accepted_mail(CallContext& call) {
  const wire::ContentFacts& facts = transaction_->reader->facts();
  AcceptedMail mail;
  mail.scenario = active().scenario().name;
  mail.server = active().number();
  mail.hostname = active().server().hostname;
  mail.helo = helo_;
  mail.client = peer_.address;
  mail.session = number_;
  mail.transaction = mail_commands_;
  mail.sender = transaction_->sender;
  mail.recipients = transaction_->recipients;
  mail.content = transaction_->reader->content();
  mail.message_id = transaction_->message_key;
  mail.received_fields = facts.received_fields;
  call.out.mails.push_back(std::move(mail));
  return static_cast<std::uint32_t>(call.out.mails.size() - 1);
}

} // namespace tempfail::session
