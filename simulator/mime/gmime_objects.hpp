// What the files of this folder share: GMime's start, the release of its objects, and a parsed message.
#pragma once

#include "base/ascii.hpp"

#include <gmime/gmime.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace tempfail::mime {

struct Unreference {
  void operator()(void* object) const { g_object_unref(object); }
};
template <typename T>
using Owned = std::unique_ptr<T, Unreference>;

/// A message read by GMime, which keeps a copy of `text`. Null: GMime can't read it.
inline Owned<GMimeMessage> parse_message(std::string_view text) {
  static std::once_flag initialised;
  std::call_once(initialised, [] { g_mime_init(); });
  const Owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(text.data(), text.size()));
  const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  return Owned<GMimeMessage>(g_mime_parser_construct_message(parser.get(), nullptr));
}

/// GMime says with a null that it has none.
inline std::string_view text_or_empty(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

/// In lower case, without parameters: "message/delivery-status".
inline std::string type_of(GMimeObject* part) {
  GMimeContentType* const type = g_mime_object_get_content_type(part);
  return base::lower(std::string(g_mime_content_type_get_media_type(type)) + "/" +
                     g_mime_content_type_get_media_subtype(type));
}

} // namespace tempfail::mime
