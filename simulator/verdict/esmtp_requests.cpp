// Reads requests for notifications, of the hand-over and of MAIL and RCPT.
#include "verdict/esmtp_requests.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <set>

namespace tempfail::verdict {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The words of a list, each once, in the order of the alphabet.
std::string sorted_list(const std::string& text) {
  std::set<std::string> words;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    words.insert(text.substr(begin, end - begin));
    begin = end + 1;
  }
  std::string sorted;
  for (const std::string& word : words)
    sorted += (sorted.empty() ? "" : ",") + word;
  return sorted;
}

/// A type and an address, the type in lower case.
std::string typed(std::string_view type, std::string_view address) {
  return base::lower(base::trimmed(type)) + ";" + std::string(base::trimmed(address));
}

} // namespace

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end != 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string decode_xtext(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool may_be = text[i] == '+' && i + 2 < text.size();
    const int high = may_be ? hex_digit(text[i + 1]) : -1;
    const int low = may_be ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      plain += text[i];
      continue;
    }
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

std::string comparable_orcpt(std::string_view field) {
  const std::size_t semicolon = field.find(';');
  if (semicolon == std::string_view::npos) return typed("rfc822", field);
  return typed(field.substr(0, semicolon), field.substr(semicolon + 1));
}

EsmtpRequests read_esmtp_requests(std::string_view parameters) {
  EsmtpRequests requests;
  for (const std::string_view parameter : words_of(parameters)) {
    const std::size_t sign = std::min(parameter.find('='), parameter.size());
    const std::string keyword = base::upper(parameter.substr(0, sign));
    const std::string_view value = parameter.substr(std::min(sign + 1, parameter.size()));
    if (keyword == "NOTIFY") requests.notify = sorted_list(base::upper(value));
    if (keyword == "RET") requests.ret = base::upper(value);
    if (keyword == "ENVID") requests.envid = decode_xtext(value);
    if (keyword == "ORCPT") requests.orcpt = comparable_orcpt(decode_xtext(value));
    if (keyword == "REQUIRETLS") requests.requiretls = true;
  }
  return requests;
}

EsmtpRequests requests_of(const Message& message) {
  return message.handover == nullptr ? EsmtpRequests()
                                     : read_esmtp_requests(message.handover->parameters);
}

bool EsmtpRequests::allow(std::string_view action) const {
  if (!notify) return true;
  if (*notify == "NEVER") return false;
  const std::string kind = base::lower(action);
  const std::string_view word = kind == "failed"    ? "FAILURE"
                                : kind == "delayed" ? "DELAY"
                                                    : "SUCCESS";
  return notify->find(word) != std::string::npos;
}

std::string requests_seen(const Case& observed) {
  std::string seen;
  const auto add = [&seen](const journal::Event* event) {
    const auto* exchange = as_exchange(event);
    if (exchange == nullptr) return;
    for (const std::string_view parameter : words_of(exchange->parameters))
      seen += (seen.empty() ? "" : " ") + base::upper(parameter.substr(0, parameter.find('=')));
  };
  for (const Session& session : observed.sessions)
    for (const Transaction& transaction : session.transactions) {
      // What is asked for with a notification is the sender's own wish.
      if (transaction.sender.empty()) continue;
      add(transaction.mail);
      for (const RecipientReply& recipient : transaction.recipients)
        add(recipient.event);
    }
  return seen;
}

bool offers(const journal::event::Exchange& ehlo, std::string_view extension) {
  const std::string reply = base::upper(ehlo.reply) + "\r\n";
  const std::string name(extension);
  const std::string_view ends[] = {"\r", " "}; // NOLINT(*-avoid-c-arrays)
  return std::any_of(std::begin(ends), std::end(ends), [&](std::string_view end) {
    return reply.find("\n250-" + name + std::string(end)) != std::string::npos ||
           reply.find("\n250 " + name + std::string(end)) != std::string::npos;
  });
}

bool is_offered(const Case& observed, const Transaction& transaction, std::string_view extension) {
  const Session& session = observed.sessions[transaction.session];
  bool offered = false;
  for (const journal::Event* event : session.events) {
    if (event == transaction.mail) break;
    const auto* exchange = as_exchange(event);
    if (exchange != nullptr && exchange->stage == scenario::Stage::ehlo)
      offered = offers(*exchange, extension);
  }
  return offered;
}

} // namespace tempfail::verdict
