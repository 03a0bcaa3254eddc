// Walks a message with GMime. Parts that are messages themselves are walked, too.
#include "mime/charsets.hpp"

#include "base/ascii.hpp"
#include "mime/gmime_objects.hpp"
#include "mime/limits.hpp"

#include <algorithm>
#include <set>

namespace tempfail::mime {
namespace {

void add(std::string_view charset, std::set<std::string>& found) {
  // An encoded word may have a language behind its character set (RFC 2231 section 5).
  std::string name = base::lower(charset.substr(0, charset.find('*')));
  if (!name.empty()) found.insert(std::move(name));
}

/// Encoded words look like "=?charset?B?text?=".
void add_encoded_words(std::string_view value, std::set<std::string>& found) {
  while (true) {
    const std::size_t begin = value.find("=?");
    if (begin == std::string_view::npos) return;
    value.remove_prefix(begin + 2);
    const std::size_t charset_end = value.find('?');
    if (charset_end == std::string_view::npos) return;
    const std::string_view charset = value.substr(0, charset_end);
    const std::string_view rest = value.substr(charset_end + 1);
    const bool is_word = rest.size() > 2 &&
                         std::string_view("bBqQ").find(rest[0]) != std::string_view::npos &&
                         rest[1] == '?' && rest.find("?=", 2) != std::string_view::npos &&
                         charset.find_first_of(" \t\r\n=") == std::string_view::npos;
    if (!is_word) continue;
    add(charset, found);
    value = rest.substr(rest.find("?=", 2) + 2);
  }
}

void add_headers(GMimeObject* object, std::set<std::string>& found) {
  GMimeHeaderList* headers = g_mime_object_get_header_list(object);
  for (int i = 0; i < g_mime_header_list_get_count(headers); ++i) {
    GMimeHeader* header = g_mime_header_list_get_header_at(headers, i);
    if (const char* raw = g_mime_header_get_raw_value(header)) add_encoded_words(raw, found);
  }
}

void add_object(GMimeObject* object, std::set<std::string>& found) {
  add_headers(object, found);
  if (const char* charset = g_mime_object_get_content_type_parameter(object, "charset"))
    add(charset, found);
}

void add_message(GMimeMessage* message, std::set<std::string>& found);

/// Called by GMime for each part below a multipart.
void visit_part(GMimeObject* /*parent*/, GMimeObject* part, gpointer data) {
  auto& found = *static_cast<std::set<std::string>*>(data);
  add_object(part, found);
  if (!GMIME_IS_MESSAGE_PART(part)) return;
  if (GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part)))
    add_message(inner, found);
}

void add_message(GMimeMessage* message, std::set<std::string>& found) {
  add_headers(GMIME_OBJECT(message), found);
  GMimeObject* const body = g_mime_message_get_mime_part(message);
  if (body == nullptr) return;
  visit_part(GMIME_OBJECT(message), body, &found);
  if (GMIME_IS_MULTIPART(body)) g_mime_multipart_foreach(GMIME_MULTIPART(body), visit_part, &found);
}

} // namespace

std::vector<std::string> charsets_of(std::string_view message) {
  message = message.substr(0, charset_limits.content);
  if (!is_within(charset_limits, message)) return {};
  std::set<std::string> found;
  const Owned<GMimeMessage> parsed = parse_message(message);
  if (!parsed) return {};
  add_message(parsed.get(), found);
  return {found.begin(), found.end()};
}

} // namespace tempfail::mime
