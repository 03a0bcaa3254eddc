// The live page: files for a browser, embedded. What it shows and does it asks the API for.
#include "http/api.hpp"
#include "http/page.hpp"

#include <array>

namespace tempfail::http {

namespace {

/// No script and no style but the page's own runs in it, and it is in nobody's frame.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

template <std::size_t index>
CancelCallback file(Api&, const RoutedRequest&, const ResponseCallback& answer) {
  const PageFile& wanted = page_files()[index];
  Response response;
  response.content_type = wanted.type;
  response.body = wanted.text;
  response.headers = {{"Content-Security-Policy", std::string(policy)},
                      {"Cache-Control", "no-cache"}};
  answer(std::move(response));
  return {};
}

constexpr std::array page_table = {
    Route{"GET", "/", file<0>},
    Route{"GET", "/page/style.css", file<1>},
    Route{"GET", "/page/main.js", file<2>},
    Route{"GET", "/page/api.js", file<3>},
    Route{"GET", "/page/dialogue.js", file<4>},
    Route{"GET", "/page/tries.js", file<5>},
};

} // namespace

std::span<const Route> page_routes() {
  return page_table;
}

} // namespace tempfail::http
