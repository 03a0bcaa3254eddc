// Requests of RFC 3461 and RFC 8689, as the scenario file writes them: words and plain texts, no xtext.
#include "scenario/read_esmtp_requests.hpp"

#include "scenario/vocabulary.hpp"
#include "wire/command.hpp"

#include <algorithm>

namespace tempfail::scenario {
namespace {

constexpr std::size_t longest_envid = 100; ///< bytes (RFC 3461 section 4.4)
constexpr std::size_t longest_orcpt = 500; ///< bytes (RFC 3461 section 4.2)

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// `<>`, an address, or an address with a source route, with angle brackets or without.
std::optional<std::string> read_reverse_path(const Value& value, Mistakes& mistakes) {
  auto text = read_text(value, "sender", mistakes);
  if (!text) return std::nullopt;
  std::string path = *text;
  if (path.size() >= 2 && path.front() == '<' && path.back() == '>')
    path = path.substr(1, path.size() - 2);
  const std::string command = "FROM:<" + path + ">";
  const wire::PathResult result = wire::parse_path(command, "FROM");
  const bool is_empty_by_mistake = path.empty() && text->empty();
  const bool is_nobodys = path.empty() || path.ends_with(".test"); // no real one is ever made up
  if (!result.error && result.path.parameters.empty() && !is_empty_by_mistake && is_nobodys)
    return path;
  note_wrong(value, "sender", "<>, user@a.test, @a.test,@b.test:user@c.test", mistakes);
  return std::nullopt;
}

std::string read_notify(const Value& value, Mistakes& mistakes) {
  std::vector<std::string_view> words;
  for_one_or_many(value, "list of conditions", mistakes, [&](const Value& item) {
    if (const auto index = read_word(item, notify_words, "condition of a notification", mistakes))
      words.push_back(notify_words[*index]);
  });
  const bool never = std::find(words.begin(), words.end(), notify_words.front()) != words.end();
  if (never && words.size() > 1) {
    mistakes.add(value.at, "`never` can't be combined with other conditions",
                 "never, or success, failure and delay");
    return {};
  }
  std::string text;
  for (const std::string_view word : words)
    text += (text.empty() ? "" : ",") + std::string(word);
  return text;
}

std::string read_envid(const Value& value, Mistakes& mistakes) {
  const auto text = read_text(value, "envelope id", mistakes);
  if (!text) return {};
  if (text->size() <= longest_envid && is_printable(*text)) return *text;
  note_wrong(value, "envelope id", "up to 100 printable characters of ASCII", mistakes);
  return {};
}

std::string read_orcpt(const Value& value, Mistakes& mistakes) {
  const auto text = read_text(value, "original recipient", mistakes);
  if (!text) return {};
  const std::size_t semicolon = text->find(';');
  const bool has_both =
      semicolon != std::string::npos && semicolon != 0 && semicolon + 1 != text->size();
  if (has_both && text->size() <= longest_orcpt && is_printable(*text)) return *text;
  note_wrong(value, "original recipient", "a type and an address: rfc822;user@a.test", mistakes);
  return {};
}

} // namespace

void read_esmtp_requests(const Map& map, TestPlan& plan, Mistakes& mistakes) {
  TestRequests& requests = plan.requests;
  if (const Value* const sender = map.find("sender"))
    plan.sender = read_reverse_path(*sender, mistakes);
  if (const Value* const notify = map.find("notify"))
    requests.notify = read_notify(*notify, mistakes);
  if (const Value* const ret = map.find("ret"))
    if (const auto index = read_word(*ret, ret_words, "value of `ret`", mistakes))
      requests.ret = ret_words[*index];
  if (const Value* const envid = map.find("envid")) requests.envid = read_envid(*envid, mistakes);
  if (const Value* const requiretls = map.find("requiretls"))
    requests.requiretls = read_flag(*requiretls, mistakes).value_or(false);
  const Value* const orcpt = map.find("orcpt");
  if (orcpt == nullptr) return;
  requests.orcpt = read_orcpt(*orcpt, mistakes);
  if (plan.recipients > 1)
    mistakes.add(orcpt->at, "`orcpt` is for one recipient, but there are several",
                 "`recipients: 1`, or no `orcpt`");
}

} // namespace tempfail::scenario
