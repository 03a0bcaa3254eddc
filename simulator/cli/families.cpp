// Headings of the families.
#include "cli/families.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace tempfail::cli {

std::string family_title(std::string_view family) {
  using Title = std::pair<std::string_view, std::string_view>;
  static constexpr std::array<Title, 8> titles = {{
      {"tls", "TLS"},
      {"dns", "DNS"},
      {"smtp", "SMTP"},
      {"mx", "Many hosts: MX"},
      {"healthy", "Healthy: the control"},
      {"auth", "Authentication"},
      {"network", "The network"},
      {"permanent", "Permanent refusals"},
  }};
  for (const Title& title : titles)
    if (title.first == family) return std::string(title.second);
  std::string text(family);
  std::replace(text.begin(), text.end(), '-', ' ');
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

} // namespace tempfail::cli
