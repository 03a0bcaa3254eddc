// Looks a code up in either notation.
#include "explain/explain.hpp"

#include "base/ascii.hpp"
#include "explain/codes.hpp"

#include <algorithm>

namespace tempfail::explain {
namespace {

using base::is_digit;

/// Three digits, class 2, 4 or 5.
bool is_reply(std::string_view text) {
  return text.size() == 3 && (text[0] == '2' || text[0] == '4' || text[0] == '5') &&
         std::all_of(text.begin(), text.end(), is_digit);
}

/// d.d.d with up to three digits after the dots, class 2, 4 or 5 (RFC 3463 section 2).
bool is_status(std::string_view text) {
  std::size_t part = 0;
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0 || ++part > 2) return false;
      digits = 0;
    } else if (!is_digit(c) || ++digits > (part == 0 ? 1U : 3U)) {
      return false;
    }
  }
  return part == 2 && digits != 0 && (text[0] == '2' || text[0] == '4' || text[0] == '5');
}

/// The program's own; that they can be read is tested.
const Codes& codes() {
  static const Codes read = [] {
    scenario::Mistakes mistakes("codes.yaml");
    return read_codes(embedded_codes(), mistakes);
  }();
  return read;
}

/// Replies that several entries share: which is meant when only the reply is known.
std::string_view most_usual(std::string_view reply) {
  if (reply == "550") return "5.1.1";
  if (reply == "552") return "5.3.4";
  if (reply == "554") return "5.7.1";
  return {};
}

} // namespace

std::string_view code_in(std::string_view text) {
  std::string_view found;
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(" \t-");
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(" \t-"), text.size());
    const std::string_view word = text.substr(0, end);
    if (is_status(word)) return word;
    if (!is_reply(word)) break; // the rest is a sentence
    if (found.empty()) found = word;
    text.remove_prefix(end);
  }
  return found;
}

std::span<const Entry> all() {
  return codes().entries;
}

std::vector<const Entry*> find_all(std::string_view code) {
  const std::string_view wanted = code_in(code);
  std::vector<const Entry*> found;
  if (wanted.empty()) return found;
  for (const Entry& entry : all())
    if (entry.status == wanted || entry.reply == wanted) found.push_back(&entry);
  std::stable_partition(found.begin(), found.end(), [wanted](const Entry* entry) {
    return entry->status == most_usual(wanted);
  });
  return found;
}

const Entry* find(std::string_view code) {
  const auto found = find_all(code);
  return found.empty() ? nullptr : found.front();
}

const Entry* find_class(std::string_view code) {
  const std::string_view wanted = code_in(code);
  if (wanted.empty()) return nullptr;
  for (const Entry& entry : codes().classes)
    if (entry.status.front() == wanted.front()) return &entry;
  return nullptr;
}

bool same_status(std::string_view left, std::string_view right) {
  const std::string_view a = code_in(left);
  const std::string_view b = code_in(right);
  if (a.empty() || b.empty()) return false;
  if (a == b) return true;
  const auto same_entry = [](std::string_view x, std::string_view y) {
    for (const Entry& entry : all())
      if (entry.status == x && entry.reply == y) return true;
    return false;
  };
  return same_entry(a, b) || same_entry(b, a);
}

} // namespace tempfail::explain
