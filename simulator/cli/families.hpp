// The families of scenarios, as the chapters of the catalogue.
#pragma once

#include <string>
#include <string_view>

namespace tempfail::cli {

/// The heading of a family, from the catalogue; a family of the user's own gets its name with a capital.
std::string family_title(std::string_view family);

} // namespace tempfail::cli
