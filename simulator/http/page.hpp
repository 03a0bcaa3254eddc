// The files of the live page, embedded at build time.
#pragma once

#include <span>
#include <string_view>

namespace tempfail::http {

struct PageFile {
  std::string_view name; ///< below simulator/http/page/
  std::string_view type; ///< its Content-Type
  std::string_view text;
};

/// index.html, style.css, main.js, api.js, dialogue.js, tries.js.
std::span<const PageFile> page_files();

} // namespace tempfail::http
