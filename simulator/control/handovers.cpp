// Checks handovers and results. What they say is judged by, so nothing that can't be is taken.
#include "control/handovers.hpp"

#include "base/ascii.hpp"
#include "control/message_id.hpp"
#include "control/note_marks.hpp"
#include "control/refusal.hpp"
#include "mime/marks.hpp"
#include "wire/address.hpp"
#include "wire/content_hash.hpp"

#include <algorithm>

namespace tempfail::control {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

bool is_alphanumeric(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return base::is_digit(c) || base::is_letter(c); });
}

/// Whether there is something in it that neither a path nor a parameter of RFC 5321 section 4.1.2 has as it is.
bool has_blank_or_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 0x7F;
  });
}

void check_address(const std::string& address, const char* what, const Limits& limits) {
  const std::string name = std::string("`") + what + "`";
  if (address.size() > limits.text) throw Refusal(RefusalKind::invalid, name + " is too long");
  if (has_blank_or_control(address) || address.find_first_of("<>") != std::string::npos)
    throw Refusal(RefusalKind::invalid, name + " " + address + " is not a valid envelope address",
                  "user@example.test, without angle brackets");
}

/// Only of a message with marks a copy shows whether something is missing.
bool has_all(const mime::Marks& marks, const std::string& id) {
  const std::string found = " " + marks.found + " ";
  for (const auto place :
       {mime::MarkPlace::begin, mime::MarkPlace::end, mime::MarkPlace::attachment})
    if (found.find(" " + id + "-" + std::string(mime::to_string(place)) + " ") == std::string::npos)
      return false;
  return true;
}

} // namespace

bool is_recipient(const std::vector<std::string>& recipients, std::string_view recipient) {
  const std::string wanted = wire::comparable_address(recipient);
  return std::any_of(recipients.begin(), recipients.end(), [&wanted](const std::string& known) {
    return wire::comparable_address(known) == wanted;
  });
}

bool is_result_word(std::string_view word) {
  return word == "delivered" || word == "temporary" || word == "permanent" || word == "failed" ||
         word == "unknown";
}

bool is_status_code(std::string_view text) {
  if (text.size() < 5 || std::string_view("245").find(text.front()) == std::string_view::npos)
    return false;
  int dots = 0;
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0) return false;
      ++dots;
      digits = 0;
    } else if (c < '0' || c > '9' || ++digits > 3) {
      return false;
    }
  }
  return dots == 2 && digits != 0 && text[1] == '.';
}

HandoverView Handovers::add(const HandoverRequest& request, const Record& record) {
  if (known_.size() >= limits_.handovers)
    throw Refusal(RefusalKind::full,
                  "there are " + std::to_string(known_.size()) + " handovers already");
  std::string id = request.id.empty() ? std::to_string(known_.size() + 1) : request.id;
  if (!is_alphanumeric(id) || id.size() > limits_.text)
    throw Refusal(RefusalKind::invalid, "`id` " + id + " is not a valid id", "letters and digits");
  if (known_.contains(id))
    throw Refusal(RefusalKind::conflict, "there is a handover " + id + " already");
  if (request.recipients.empty() || request.recipients.size() > limits_.recipients)
    throw Refusal(RefusalKind::invalid,
                  "`recipients` has " + std::to_string(request.recipients.size()) + " addresses",
                  "1 to " + std::to_string(limits_.recipients));
  check_address(request.sender, "sender", limits_);
  for (const std::string& recipient : request.recipients) {
    check_address(recipient, "recipients", limits_);
    if (recipient.empty()) throw Refusal(RefusalKind::invalid, "one of `recipients` is empty");
  }
  for (const std::string& parameter : request.parameters)
    if (parameter.empty() || parameter.size() > limits_.text || has_blank_or_control(parameter))
      throw Refusal(RefusalKind::invalid,
                    "`parameters` " + parameter + " is not a valid ESMTP parameter",
                    "NOTIFY=FAILURE, RET=HDRS, ENVID=…, ORCPT=…, SMTPUTF8, REQUIRETLS");
  if (request.content && request.hash)
    throw Refusal(RefusalKind::invalid, "`content` and `hash` can't be combined");

  HandoverView view{id, without_angle_brackets(request.message_id), 0, 0};
  if (request.content) {
    wire::ContentHash hash;
    hash.add(*request.content);
    view.hash = hash.value();
    view.size = request.content->size();
    if (view.message_id.empty()) view.message_id = message_id_in(*request.content);
  } else if (request.hash) {
    view.hash = *request.hash;
    view.size = request.size;
  }
  if (view.message_id.size() > limits_.text)
    throw Refusal(RefusalKind::invalid, "`message_id` is too long");

  const std::vector<std::string_view> recipients(request.recipients.begin(),
                                                 request.recipients.end());
  const std::string parameters = joined(request.parameters);
  journal::event::Handover event;
  event.id = id;
  event.sender = request.sender;
  event.recipients = recipients;
  event.parameters = parameters;
  const auto marks = request.content ? mime::find_marks(*request.content) : std::nullopt;
  if (marks) {
    note_marks(*marks, event);
    if (has_all(*marks, id)) event.content_source = "given";
  }
  event.size = view.size;
  event.hash = view.hash;
  event.message_id = view.message_id;
  record(event);
  known_[id] = {request.scenario, request.recipients};
  return view;
}

const std::string& Handovers::id_of(const ResultRequest& request) const {
  if (request.handover.empty()) {
    if (known_.size() != 1)
      throw Refusal(RefusalKind::invalid, "`handover` is missing, and there are " +
                                              std::to_string(known_.size()) + " handovers");
    return known_.begin()->first;
  }
  const auto found = known_.find(request.handover);
  if (found == known_.end())
    throw Refusal(RefusalKind::invalid, "there is no handover " + request.handover);
  return found->first;
}

void Handovers::add_result(const ResultRequest& request, const Record& record) const {
  const std::string& id = id_of(request);
  const std::vector<std::string>& recipients = known_.find(id)->second.recipients;
  if (!request.recipient.empty() && !is_recipient(recipients, request.recipient))
    throw Refusal(RefusalKind::invalid, "the message does not go to " + request.recipient,
                  joined(recipients));
  if (!is_result_word(request.result))
    throw Refusal(RefusalKind::invalid, "`result` " + request.result + " is not a valid result",
                  std::string(result_words));
  if (request.code != 0 && (request.code < min_reply_code || request.code > max_reply_code))
    throw Refusal(RefusalKind::invalid,
                  "`code` " + std::to_string(request.code) + " is not a reply code", "200 to 599");
  if (!request.status.empty() && !is_status_code(request.status))
    throw Refusal(RefusalKind::invalid,
                  "`status` " + request.status + " is not an enhanced status code", "4.4.7");
  journal::event::Result event;
  event.handover = id;
  event.recipient = request.recipient;
  event.result = request.result;
  event.code = request.code;
  event.status = request.status;
  record(event);
}

std::string Handovers::scenario_of(std::string_view id) const {
  const auto found = known_.find(id);
  return found == known_.end() ? std::string() : found->second.scenario;
}

} // namespace tempfail::control
