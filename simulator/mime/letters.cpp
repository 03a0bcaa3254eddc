// Converts with GLib, which GMime brings.
#include "mime/letters.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>
#include <glib.h>
#include <memory>

namespace tempfail::mime {
namespace {

/// Whether bytes under 128 may stand for something else than ASCII.
bool hides_ascii(std::string_view charset) {
  constexpr std::array<std::string_view, 6> beginnings = {"utf-16", "utf-32",    "utf-7",
                                                          "ucs-",   "iso-10646", "iso-2022-"};
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [charset](std::string_view one) { return charset.starts_with(one); });
}

} // namespace

std::optional<std::string> letters_in_utf8(std::string_view bytes, std::string_view charset,
                                           bool is_html) {
  if (is_html && bytes.find('&') != std::string_view::npos) return std::nullopt;
  const std::string name = base::lower(charset);
  if (hides_ascii(name)) return std::nullopt;
  const bool is_utf8 = name.empty() || name == "us-ascii" || name == "utf-8" || name == "utf8";
  if (is_utf8 || base::is_ascii(bytes)) return std::string(bytes);
  gsize size = 0;
  const std::unique_ptr<gchar, decltype(&g_free)> converted(
      g_convert(bytes.data(), static_cast<gssize>(bytes.size()), "UTF-8", name.c_str(), nullptr,
                &size, nullptr),
      g_free);
  if (!converted) return std::nullopt;
  return std::string(converted.get(), size);
}

} // namespace tempfail::mime
