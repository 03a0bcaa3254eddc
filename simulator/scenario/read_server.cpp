// The server's blocks, one function each.
#include "scenario/read_server.hpp"

#include "base/ascii.hpp"
#include "scenario/check_rules.hpp"
#include "scenario/read_transport.hpp"
#include "scenario/vocabulary.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::scenario {
namespace {

bool& flag_of(Extensions& extensions, Extension extension) {
  return extensions[static_cast<std::size_t>(extension)];
}

/// Sets `into` from the value of `key`, where it is given and right.
template <typename T, typename Read, typename... More>
void set(T& into, const Map& map, std::string_view key, Read read, More&&... more) {
  if (const Value* const value = map.find(key))
    if (auto read_value = read(*value, std::forward<More>(more)...)) into = std::move(*read_value);
}

bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
}

std::optional<std::string> read_host_name(const Value& value, Mistakes& mistakes) {
  if (value.is_scalar() && is_host_name(value.text)) return value.text;
  note_wrong(value, "host name", "mx.example.test", mistakes);
  return std::nullopt;
}

/// A list of what is announced, or `{without: […]}` of `base`.
Extensions read_extensions(const Value& value, const Extensions& base, Mistakes& mistakes) {
  Extensions extensions{};
  const Value* list = &value;
  const bool without = value.is_map();
  if (without) {
    const Map map(value, map_kind("extensions"), mistakes);
    list = map.find("without");
    extensions = base;
  }
  if (list == nullptr) return base;
  if (!list->is_list()) {
    note_wrong(*list, "list of extensions", join(names_of(extension_words)), mistakes);
    return base;
  }
  for (const Value& item : list->items)
    if (const auto extension = read_named(item, extension_words, "extension", mistakes))
      flag_of(extensions, *extension) = !without;
  return extensions;
}

Auth read_auth(const Value& value, Mistakes& mistakes) {
  const Map map(value, map_kind("auth"), mistakes);
  Auth auth;
  if (const Value* const mechanisms = map.find("mechanisms")) {
    auth.mechanisms.clear();
    const auto names = names_of(mechanism_words);
    for_one_or_many(*mechanisms, "mechanism", mistakes, [&](const Value& item) {
      if (const auto index = read_word(item, names, "mechanism", mistakes))
        auth.mechanisms.emplace_back(names[*index]);
    });
  }
  if (const Value* const users = map.find("users")) {
    if (!users->is_map()) note_wrong(*users, "map of users", "{name: password}", mistakes);
    for (const Member& member : users->members)
      if (auto password = read_text(member.value, "password", mistakes))
        auth.users.emplace(member.key, std::move(*password));
  }
  set(auth.required, map, "required", read_flag, mistakes);
  return auth;
}

Spool read_spool(const Value& value, Mistakes& mistakes) {
  const Map map(value, map_kind("spool"), mistakes);
  Spool spool;
  set(spool.capacity, map, "capacity", read_size, mistakes);
  set(spool.used, map, "used", read_size, mistakes);
  set(spool.drain, map, "drain", read_drain, mistakes);
  if (const Member* const used = map.find_member("used");
      used != nullptr && spool.used > spool.capacity)
    mistakes.add(used->value.at, "`used` is larger than `capacity`",
                 "at most " + size_to_string(spool.capacity));
  return spool;
}

Mailboxes read_mailboxes(const Value& value, Mistakes& mistakes) {
  const Map map(value, map_kind("mailboxes"), mistakes);
  Mailboxes mailboxes;
  const auto read_pattern = [&](const Value& text) { return read_text(text, "pattern", mistakes); };
  set(mailboxes.match, map, "match", read_pattern);
  set(mailboxes.quota, map, "quota", read_size, mistakes);
  set(mailboxes.used, map, "used", read_size, mistakes);
  set(mailboxes.drain, map, "drain", read_drain, mistakes);
  set(mailboxes.busy, map, "busy", read_window, mistakes);
  if (!map.has("quota") && !map.has("busy") && value.is_map())
    mistakes.add(value.at, "`mailboxes` has neither a quota nor a busy time, so it has no effect",
                 "quota, busy");
  for (const std::string_view key : {"used", "drain"})
    if (const Member* const member = map.find_member(key); member != nullptr && !map.has("quota"))
      mistakes.add(member->at, "`" + std::string(key) + "` needs a `quota`");
  return mailboxes;
}

/// RFC 6647's advice where a scenario says nothing.
Greylist read_greylist(const Value& value, Mistakes& mistakes) {
  const Map map(value, map_kind("greylist"), mistakes);
  Greylist greylist;
  greylist.delay = std::chrono::minutes(5);
  greylist.window = std::chrono::hours(24);
  greylist.lifetime = std::chrono::hours(24 * 36);
  set(greylist.delay, map, "delay", read_positive_duration, mistakes);
  set(greylist.window, map, "window", read_positive_duration, mistakes);
  set(greylist.lifetime, map, "lifetime", read_positive_duration, mistakes);
  const auto read_prefix = [&](std::uint64_t longest) {
    return
        [&mistakes, longest](const Value& text) { return read_count(text, 0, longest, mistakes); };
  };
  std::uint64_t ipv4 = 24;
  std::uint64_t ipv6 = 64;
  set(ipv4, map, "ipv4-prefix", read_prefix(32));
  set(ipv6, map, "ipv6-prefix", read_prefix(128));
  greylist.ipv4_prefix = static_cast<int>(ipv4);
  greylist.ipv6_prefix = static_cast<int>(ipv6);
  if (greylist.window < greylist.delay)
    mistakes.add(value.at, "the window ends before the delay is over: nothing can ever pass",
                 "a window longer than " + to_string(greylist.delay));
  return greylist;
}

Queue read_queue(const Value& value, Mistakes& mistakes) {
  const Map map(value, map_kind("queue"), mistakes);
  Queue queue;
  set(queue.stopped, map, "stopped", read_windows, mistakes);
  if (const Value* const count = map.find("stop-after"))
    queue.stop_after = read_count(*count, 1, largest_count, mistakes);
  set(queue.stop_for, map, "stop-for", read_positive_duration, mistakes);
  if (map.has("stop-after") != map.has("stop-for"))
    mistakes.add(value.at, "`stop-after` and `stop-for` go together");
  return queue;
}

Scanner read_scanner(const Value& value, Mistakes& mistakes) {
  const Map map(value, map_kind("scanner"), mistakes);
  Scanner scanner;
  set(scanner.down, map, "down", read_windows, mistakes);
  return scanner;
}

RateLimit read_rate_limit(const Value& value, Mistakes& mistakes) {
  const Map map(value, map_kind("rate"), mistakes);
  RateLimit limit;
  set(limit.rate, map, "limit", read_count_rate, mistakes);
  const auto read_per = [&](const Value& word) {
    return read_named(word, rate_per_words, "value of `per`", mistakes);
  };
  set(limit.per, map, "per", read_per);
  return limit;
}

std::vector<std::string> read_charsets(const Value& value, Mistakes& mistakes) {
  std::vector<std::string> charsets;
  for_one_or_many(value, "character set", mistakes, [&](const Value& item) {
    auto charset = read_text(item, "character set", mistakes);
    if (!charset) return;
    charsets.push_back(base::lower(*charset));
  });
  return charsets;
}

ForwardTo read_forward(const Value& value, Mistakes& mistakes) {
  const Map map(value, map_kind("forward"), mistakes);
  ForwardTo to = ForwardTo::sender;
  if (const Value* const word = map.find("to"))
    to = read_named(*word, forward_words, "destination", mistakes).value_or(to);
  return to;
}

template <typename T, typename Read>
void read_block(std::optional<T>& into, const Map& map, std::string_view key, Read read,
                Mistakes& mistakes) {
  if (const Value* const value = map.find(key)) into = read(*value, mistakes);
}

/// TLS and AUTH decide what may be announced; the rest is the scenario's choice.
void read_announcements(const Map& map, Server& server, Mistakes& mistakes) {
  if (const Value* const tls = map.find("tls"))
    server.tls = read_tls(*tls, server.tls_profile, mistakes);
  read_block(server.auth, map, "auth", read_auth, mistakes);

  Extensions base = default_extensions();
  flag_of(base, Extension::starttls) = server.tls == TlsMode::starttls;
  flag_of(base, Extension::auth) = server.auth.has_value();
  server.extensions = base;
  const Value* const extensions = map.find("extensions");
  if (extensions != nullptr) {
    server.extensions = read_extensions(*extensions, base, mistakes);
    if (flag_of(server.extensions, Extension::starttls) && server.tls != TlsMode::starttls)
      mistakes.add(extensions->at, "STARTTLS can't be announced by a server without it",
                   "tls: starttls");
    if (flag_of(server.extensions, Extension::auth) && !server.auth)
      mistakes.add(extensions->at, "AUTH can't be announced by a server without it", "auth: {…}");
  }
  if (const Member* const after = map.find_member("extensions-after-tls")) {
    flag_of(base, Extension::starttls) = false; // RFC 3207 section 4.2
    server.extensions_after_tls = read_extensions(after->value, base, mistakes);
    if (server.tls != TlsMode::starttls)
      mistakes.add(after->at, "the server never begins TLS, so nothing comes after it",
                   "tls: starttls");
  }
}

} // namespace

Extensions default_extensions() {
  Extensions extensions;
  extensions.fill(true);
  flag_of(extensions, Extension::starttls) = false;
  flag_of(extensions, Extension::auth) = false;
  return extensions;
}

Server read_server(const Value& value, Mistakes& mistakes) {
  const Map map(value, map_kind("server"), mistakes);
  Server server;
  set(server.hostname, map, "hostname", read_host_name, mistakes);
  set(server.size_limit, map, "size-limit", read_size, mistakes);
  read_block(server.listen, map, "listen", read_listen, mistakes);
  read_announcements(map, server, mistakes);
  read_block(server.spool, map, "spool", read_spool, mistakes);
  read_block(server.mailboxes, map, "mailboxes", read_mailboxes, mistakes);
  read_block(server.greylist, map, "greylist", read_greylist, mistakes);
  read_block(server.queue, map, "queue", read_queue, mistakes);
  read_block(server.scanner, map, "scanner", read_scanner, mistakes);
  read_block(server.rate, map, "rate", read_rate_limit, mistakes);
  read_block(server.charsets, map, "charsets", read_charsets, mistakes);
  read_block(server.forward, map, "forward", read_forward, mistakes);

  std::vector<ReadRule> rules;
  if (const Value* const list = map.find("rules")) {
    if (!list->is_list())
      note_wrong(*list, "list of instructions", "a list, each entry with `on`", mistakes);
    for (const Value& item : list->items)
      rules.push_back(read_rule(item, mistakes));
  }
  check_rules(rules, mistakes);
  check_states(map, server, rules, mistakes);
  for (ReadRule& rule : rules)
    server.rules.push_back(std::move(rule.rule));
  return server;
}

} // namespace tempfail::scenario
