// The blocks `listen` and `tls`.
#include "scenario/read_transport.hpp"

#include "scenario/vocabulary.hpp"

#include <utility>

namespace tempfail::scenario {
namespace {

constexpr std::uint64_t backlog_limit = 4096;
constexpr std::uint64_t smallest_group = 1024; ///< bits; OpenSSL 3 serves none below, at any level
constexpr std::uint64_t largest_group = 8192;

std::optional<ListenAnswer> read_answer(const Value& value, Mistakes& mistakes) {
  return read_named(value, listen_words, "answer to a connection attempt", mistakes);
}

std::optional<TlsVersion> version_named(std::string_view name) {
  for (const auto& [word, version] : tls_version_words)
    if (word == name) return version;
  return std::nullopt;
}

/// "1.2", or "1.0..1.1".
void read_versions(const Value& value, TlsProfile& profile, Mistakes& mistakes) {
  const std::string_view text = value.text;
  const std::size_t dots = text.find("..");
  const auto oldest = version_named(text.substr(0, dots));
  const auto newest =
      dots == std::string_view::npos ? oldest : version_named(text.substr(dots + 2));
  if (!value.is_scalar() || !oldest || !newest || *newest < *oldest) {
    note_wrong(value, "range of TLS versions", "1.0, 1.1, 1.2, 1.3, or a range: 1.0..1.1",
               mistakes);
    return;
  }
  profile.oldest = *oldest;
  profile.newest = *newest;
}

template <typename T, std::size_t N>
void read_word_of(const Map& map, std::string_view key, const std::array<Named<T>, N>& table,
                  std::string_view wanted, T& into, Mistakes& mistakes) {
  if (const Value* const value = map.find(key))
    into = read_named(*value, table, wanted, mistakes).value_or(into);
}

void read_flag_of(const Map& map, std::string_view key, bool& into, Mistakes& mistakes) {
  if (const Value* const value = map.find(key)) into = read_flag(*value, mistakes).value_or(into);
}

} // namespace

Listen read_listen(const Value& value, Mistakes& mistakes) {
  Listen listen;
  if (!value.is_map()) {
    listen.answer = read_answer(value, mistakes).value_or(listen.answer);
    return listen;
  }
  const Map map(value, map_kind("listen"), mistakes);
  if (const Value* const answer = map.find("answer"))
    listen.answer = read_answer(*answer, mistakes).value_or(listen.answer);
  if (const Value* const during = map.find("during"))
    listen.during = read_windows(*during, mistakes).value_or(listen.during);
  if (const Value* const backlog = map.find("backlog"))
    if (const auto count = read_count(*backlog, 0, backlog_limit, mistakes))
      listen.backlog = static_cast<std::uint32_t>(*count);
  if (const Value* const every = map.find("accept-every"))
    listen.accept_every = read_positive_duration(*every, mistakes);
  if (const Member* const during = map.find_member("during");
      during != nullptr && !map.has("answer"))
    mistakes.add(during->at, "`during` has no effect without `answer`", "answer: refused");
  return listen;
}

TlsMode read_tls(const Value& value, TlsProfile& profile, Mistakes& mistakes) {
  constexpr std::string_view wanted = "way to offer TLS";
  if (!value.is_map())
    return read_named(value, tls_words, wanted, mistakes).value_or(TlsMode::none);
  const Map map(value, map_kind("tls"), mistakes);
  TlsMode mode = TlsMode::none;
  read_word_of(map, "mode", tls_words, wanted, mode, mistakes);
  if (const Value* const versions = map.find("versions"))
    read_versions(*versions, profile, mistakes);
  if (const Value* const ciphers = map.find("ciphers"))
    profile.ciphers = read_text(*ciphers, "cipher list", mistakes).value_or("");
  if (const Value* const bits = map.find("dh-bits"))
    if (const auto count = read_count(*bits, smallest_group, largest_group, mistakes))
      profile.dh_bits = static_cast<std::uint32_t>(*count);
  read_word_of(map, "key", key_words, "kind of key", profile.key, mistakes);
  read_word_of(map, "certificate", certificate_words, "kind of certificate", profile.certificate,
               mistakes);
  read_word_of(map, "client-certificate", client_certificate_words, "demand",
               profile.client_certificate, mistakes);
  if (const Value* const alpn = map.find("alpn"))
    for_one_or_many(*alpn, "protocol", mistakes, [&](const Value& item) {
      if (auto name = read_text(item, "protocol", mistakes))
        profile.alpn.push_back(std::move(*name));
    });
  read_flag_of(map, "strict-names", profile.strict_names, mistakes);
  read_flag_of(map, "resumption", profile.resumption, mistakes);
  read_flag_of(map, "close-notify", profile.close_notify, mistakes);
  return mode;
}

} // namespace tempfail::scenario
