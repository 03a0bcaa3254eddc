// Looks for words that announce a secret.
#include "session/secrets.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>

namespace tempfail::session {
namespace {

using wire::Verb;

constexpr char hidden = '*';

/// Mechanisms by the names that IANA lists, and those of large providers. Upper case.
constexpr std::array<std::string_view, 17> mechanisms = {
    "PLAIN",         "LOGIN",         "CRAM-MD5",         "DIGEST-MD5",         "NTLM",
    "GSSAPI",        "GS2-KRB5",      "EXTERNAL",         "ANONYMOUS",          "SCRAM-SHA-1",
    "SCRAM-SHA-256", "SCRAM-SHA-512", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "XOAUTH",
    "XOAUTH2",       "OAUTHBEARER"};

/// What announces a secret in POP3 and HTTP, which confused clients talk to an SMTP server.
constexpr std::array<std::string_view, 4> others = {"PASS", "PASSWORD",
                                                    "PROXY-AUTHORIZATION:", "COOKIE:"};

bool is_alphanumeric(char c) {
  return base::is_digit(c) || base::is_letter(c);
}

/// White space, NUL and other controls.
bool separates(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
}

template <typename Words>
bool is_one_of(std::string_view word, const Words& words) {
  return std::any_of(words.begin(), words.end(), [word](std::string_view each) {
    return base::equal_ignoring_case(word, each);
  });
}

constexpr std::string_view auth = "AUTH";

bool has_auth_at(std::string_view line, std::size_t at) {
  return base::equal_ignoring_case(line.substr(at, auth.size()), auth);
}

/// Calls `look` with each word of the line and where it ends, until it says true.
template <typename Look>
void for_each_word(std::string_view line, const Look& look) {
  std::size_t at = 0;
  while (at < line.size()) {
    if (separates(line[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < line.size() && !separates(line[end]))
      ++end;
    if (look(line.substr(at, end - at), end)) return;
    at = end;
  }
}

/// Where what may be a secret begins; nothing: there is no word that announces one.
std::optional<std::size_t> secret_of(std::string_view line, Verb verb) {
  // Not an address: MAIL's own parameter AUTH= is one.
  if (verb == Verb::mail || verb == Verb::rcpt || verb == Verb::bdat) return std::nullopt;
  const auto begin = static_cast<std::size_t>(
      std::find_if(line.begin(), line.end(), is_alphanumeric) - line.begin());
  std::optional<std::size_t> found;
  for_each_word(line, [&](std::string_view word, std::size_t end) {
    const std::size_t at = end - word.size();
    // Of the first word its beginning is enough (AUTHPLAIN, Authorization:); others may be names of hosts.
    const std::size_t skip = at <= begin && begin < end ? begin - at : 0;
    const bool first = at <= begin;
    if (has_auth_at(word, skip) && (first || word.size() == auth.size() ||
                                    word[auth.size()] == '=' || word[auth.size()] == ':'))
      found = at + skip + auth.size();
    else if (verb == Verb::unknown && (is_one_of(word, mechanisms) || is_one_of(word, others)))
      found = end;
    return found.has_value();
  });
  return found;
}

/// The mechanism of a regular AUTH command, which is worth knowing; empty: what stands there may be anything.
std::string_view mechanism_of(const wire::CommandLine& parsed) {
  if (parsed.verb != Verb::auth) return {};
  const std::string_view word = parsed.arguments.substr(0, parsed.arguments.find_first_of(" \t"));
  return is_one_of(word, mechanisms) ? word : std::string_view();
}

} // namespace

Masked Secrets::mask(std::string_view line, const wire::CommandLine& parsed) {
  const std::optional<std::size_t> secret = secret_of(line, parsed.verb);
  if (!secret) {
    if (parsed.verb != Verb::unknown) in_exchange_ = false;
    // An empty line ends nothing: it is what a client says to a challenge that it can't meet.
    if (!in_exchange_ || line.empty()) return {};
    return {std::string(1, hidden), "*"};
  }
  in_exchange_ = true;
  const std::string_view mechanism = mechanism_of(parsed);
  if (!mechanism.empty()) {
    if (parsed.arguments.size() == mechanism.size()) return {};
    return {std::string("AUTH ").append(mechanism).append(" *"), {}};
  }
  const bool regular = parsed.verb == Verb::auth;
  if (regular && parsed.arguments.empty()) return {};
  const std::string_view verb = parsed.verb == Verb::unknown ? std::string_view("*") : "";
  if (line.size() == *secret) return {std::nullopt, verb};
  std::string shown(line.substr(0, *secret));
  if (shown.back() != ' ') shown += ' ';
  return {shown + hidden, verb};
}

std::string Secrets::mask_all(std::string_view bytes) {
  std::string result;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    std::string_view ending = end == std::string_view::npos ? "" : "\n";
    if (!ending.empty() && line.ends_with('\r')) {
      line.remove_suffix(1);
      ending = "\r\n";
    }
    result.append(mask(line, wire::parse_command_line(line)).line.value_or(std::string(line)));
    result.append(ending);
  }
  return result;
}

} // namespace tempfail::session
