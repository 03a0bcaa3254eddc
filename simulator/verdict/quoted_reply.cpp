// What notifications quote of servers' replies.
#include "verdict/quoted_reply.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <charconv>

namespace tempfail::verdict {
namespace {

bool is_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 127 || (byte >= 'a' && byte <= 'z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The text of a diagnostic of type smtp; empty: it is of another type, or has none.
std::string_view smtp_text_of(std::string_view diagnostic) {
  const std::size_t semicolon = diagnostic.find(';');
  if (semicolon == std::string_view::npos) return {};
  std::string_view type = diagnostic.substr(0, semicolon);
  while (!type.empty() && type.back() == ' ')
    type.remove_suffix(1);
  std::string_view text = diagnostic.substr(semicolon + 1);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return base::equal_ignoring_case(type, "smtp") ? text : std::string_view();
}

/// The enhanced status right after the three digits of a reply; empty: the reply has none.
std::string_view status_after_code(std::string_view text) {
  text.remove_prefix(std::min<std::size_t>(text.size(), 3));
  text.remove_prefix(std::min(text.find_first_not_of(" -"), text.size()));
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view status = text.substr(0, end);
  const auto dots = std::count(status.begin(), status.end(), '.');
  const bool fits = status.size() >= 5 && status[1] == '.' && dots == 2 && is_digit(status.back());
  return fits ? status : std::string_view();
}

/// Words of at least four letters, in lower case; no addresses.
std::vector<std::string> long_words_of(std::string_view text) {
  constexpr std::size_t shortest = 4;
  std::vector<std::string> words;
  std::string word;
  bool in_address = false;
  const auto end_of_word = [&] {
    if (word.size() >= shortest && !in_address) words.push_back(word);
    word.clear();
  };
  for (const char c : base::lower(text) + " ") {
    if (is_letter(c)) {
      word += c;
      continue;
    }
    in_address = c == '@' || (in_address && c != ' ');
    end_of_word();
  }
  return words;
}

/// Its letters alone, in lower case: neither lines nor blanks.
std::string letters_of(std::string_view text) {
  std::string letters = base::lower(text);
  std::erase_if(letters, [](char c) { return !is_letter(c); });
  return letters;
}

bool has_any(const std::vector<std::string>& words, const std::string& letters) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return letters.find(word) != std::string::npos;
  });
}

/// Whether one text may stand for the other: they have a word in common, or one of them has none.
bool may_be_the_same(std::string_view quoted, std::string_view said) {
  const std::vector<std::string> quoted_words = long_words_of(quoted);
  const std::vector<std::string> said_words = long_words_of(said);
  return quoted_words.empty() || said_words.empty() || has_any(quoted_words, letters_of(said)) ||
         has_any(said_words, letters_of(quoted));
}

} // namespace

SaidReplies::SaidReplies(const Case& observed) {
  std::map<int, std::set<std::string_view>> said;
  for (const Session& session : observed.sessions)
    for (const journal::Event* event : session.events) {
      if (const auto* exchange = as_exchange(event))
        said[exchange->code].insert(exchange->reply);
      else if (const auto* reply = std::get_if<journal::event::Reply>(&event->body))
        said[reply->code].insert(reply->reply);
    }
  for (const auto& [code, replies] : said)
    by_code_[code].assign(replies.begin(), replies.end());
}

std::string SaidReplies::wrong_with(std::string_view diagnostic) const {
  const std::string_view text = smtp_text_of(diagnostic);
  int code = 0;
  std::from_chars(text.data(), text.data() + std::min<std::size_t>(text.size(), 3), code);
  if (code < 400) return {};
  const std::string quotes = "a notification's Diagnostic-Code has the reply ";
  const auto found = by_code_.find(code);
  if (found == by_code_.end()) return quotes + std::to_string(code) + ", which no server sent";
  const std::string_view status = status_after_code(text);
  const auto has_status = [status](std::string_view reply) {
    return status.empty() || status_after_code(reply).empty() || reply.find(status) != reply.npos;
  };
  if (std::none_of(found->second.begin(), found->second.end(), has_status))
    return quotes + std::to_string(code) + " " + std::string(status) + ", which no server sent";
  const bool is_said =
      std::any_of(found->second.begin(), found->second.end(), [&](std::string_view reply) {
        return has_status(reply) && may_be_the_same(text, reply);
      });
  return is_said ? std::string() : quotes + std::string(text) + ", which no server sent";
}

} // namespace tempfail::verdict
