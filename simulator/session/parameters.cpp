// One entry for each keyword: whose extension it is, and how its value is checked.
#include "session/parameters.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace tempfail::session {

using scenario::Extension;

namespace {

constexpr bool is_upper_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/// RFC 3461 section 4: printable ASCII, with '+' and two hexadecimal digits for what is not.
bool is_xtext(std::string_view text) {
  if (text.empty()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < '!' || text[i] > '~' || text[i] == '=') return false;
    if (text[i] != '+') continue;
    if (i + 2 >= text.size() || !is_upper_hex(text[i + 1]) || !is_upper_hex(text[i + 2]))
      return false;
    i += 2;
  }
  return true;
}

/// NEVER alone, or a list of the others (RFC 3461 section 4.1).
bool is_notify(std::string_view value) {
  if (base::equal_ignoring_case(value, "NEVER")) return true;
  while (true) {
    const std::size_t comma = value.find(',');
    const std::string_view word = value.substr(0, comma);
    if (!base::equal_ignoring_case(word, "SUCCESS") &&
        !base::equal_ignoring_case(word, "FAILURE") && !base::equal_ignoring_case(word, "DELAY"))
      return false;
    if (comma == std::string_view::npos) return true;
    value.remove_prefix(comma + 1);
  }
}

/// Address type, ';' and the address as xtext (RFC 3461 section 4.2), or UTF-8 (RFC 6533).
bool is_orcpt(std::string_view value) {
  const std::size_t semicolon = value.find(';');
  if (semicolon == 0 || semicolon == std::string_view::npos) return false;
  const std::string_view type = value.substr(0, semicolon);
  const std::string_view address = value.substr(semicolon + 1);
  if (base::equal_ignoring_case(type, "UTF-8")) return !address.empty();
  return is_xtext(address);
}

enum class Keyword : std::uint8_t { size, body, smtputf8, ret, envid, auth, notify, orcpt };
struct KnownKeyword {
  std::string_view name;
  Keyword keyword;
  Extension extension;
};

constexpr std::array<KnownKeyword, 6> mail_keywords = {{
    {"SIZE", Keyword::size, Extension::size},
    {"BODY", Keyword::body, Extension::eight_bit_mime},
    {"SMTPUTF8", Keyword::smtputf8, Extension::smtputf8},
    {"RET", Keyword::ret, Extension::dsn},
    {"ENVID", Keyword::envid, Extension::dsn},
    {"AUTH", Keyword::auth, Extension::auth},
}};
constexpr std::array<KnownKeyword, 2> rcpt_keywords = {{
    {"NOTIFY", Keyword::notify, Extension::dsn},
    {"ORCPT", Keyword::orcpt, Extension::dsn},
}};

/// BODY=BINARYMIME is of another extension than the keyword (RFC 3030 section 3), one that no scenario can have
/// announced.
bool is_binary_body(const KnownKeyword& known, std::string_view value) {
  return known.keyword == Keyword::body && base::equal_ignoring_case(value, "BINARYMIME");
}

bool read_size(std::string_view value, std::uint64_t& size) {
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
  return error == std::errc{} && end == value.data() + value.size() && !value.empty();
}

/// Checks a value, and takes from it what matters. False: it is not allowed.
bool take(Keyword keyword, std::string_view value, MailParameters& taken) {
  switch (keyword) {
  case Keyword::size: return read_size(value, taken.declared_size);
  case Keyword::body:
    taken.eight_bit = base::equal_ignoring_case(value, "8BITMIME");
    return taken.eight_bit || base::equal_ignoring_case(value, "7BIT");
  case Keyword::smtputf8: taken.smtputf8 = true; return value.empty();
  case Keyword::ret:
    return base::equal_ignoring_case(value, "FULL") || base::equal_ignoring_case(value, "HDRS");
  case Keyword::envid: taken.envelope_id = value; return value.size() <= 100 && is_xtext(value);
  case Keyword::auth: return value == "<>" || is_xtext(value);
  case Keyword::notify: return is_notify(value);
  case Keyword::orcpt: return value.size() <= 500 && is_orcpt(value);
  }
  return false;
}

MailParameters read(std::span<const wire::Parameter> parameters,
                    std::span<const KnownKeyword> known, const scenario::Extensions& announced) {
  MailParameters taken;
  std::uint32_t seen = 0;
  for (const wire::Parameter& parameter : parameters) {
    const auto found = std::find_if(known.begin(), known.end(), [&](const KnownKeyword& entry) {
      return base::equal_ignoring_case(parameter.keyword, entry.name);
    });
    if (found == known.end() || !announced[static_cast<std::size_t>(found->extension)] ||
        is_binary_body(*found, parameter.value)) {
      taken.unannounced = true;
      taken.refusal = StandardReply::unknown_parameter;
      return taken;
    }
    const std::uint32_t bit = 1U << static_cast<unsigned>(found->keyword);
    if ((seen & bit) != 0 || !take(found->keyword, parameter.value, taken)) {
      taken.refusal = StandardReply::bad_parameter;
      return taken;
    }
    seen |= bit;
    if (found->extension != Extension::dsn) continue;
    if (!taken.requests.empty()) taken.requests += ' ';
    taken.requests.append(parameter.keyword).append("=").append(parameter.value);
  }
  return taken;
}

} // namespace

MailParameters read_mail_parameters(std::span<const wire::Parameter> parameters,
                                    const scenario::Extensions& announced) {
  return read(parameters, mail_keywords, announced);
}

RcptParameters read_rcpt_parameters(std::span<const wire::Parameter> parameters,
                                    const scenario::Extensions& announced) {
  MailParameters taken = read(parameters, rcpt_keywords, announced);
  return {taken.refusal, taken.unannounced, std::move(taken.requests)};
}

} // namespace tempfail::session
