// The description of the API, which clients are made from and a test holds against the code.
#pragma once

#include <string_view>

namespace tempfail::http {

/// openapi.json as it was at build time.
std::string_view openapi_document();

} // namespace tempfail::http
