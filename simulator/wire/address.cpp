// Addresses as they are compared.
#include "wire/address.hpp"

#include "base/ascii.hpp"
#include "base/domain.hpp"
#include "wire/command.hpp"

#include <algorithm>

namespace tempfail::wire {

std::string without_needless_quotes(std::string_view address) {
  if (!address.starts_with('"')) return std::string(address);
  std::string local;
  std::size_t at = 1;
  for (; at < address.size() && address[at] != '"'; ++at) {
    if (address[at] == '\\' && at + 1 < address.size()) ++at;
    local += address[at];
  }
  const std::string_view rest = address.substr(std::min(at + 1, address.size()));
  if (!rest.starts_with('@') || !is_dot_string(local)) return std::string(address);
  return local.append(rest);
}

std::string comparable_address(std::string_view address) {
  std::string plain = base::lower(without_needless_quotes(address));
  if (base::is_ascii(plain)) return plain;
  const std::size_t at = plain.rfind('@');
  if (at == std::string::npos) return plain;
  if (const auto domain = base::to_a_labels(std::string_view(plain).substr(at + 1)))
    plain.replace(at + 1, std::string::npos, *domain);
  return plain;
}

std::string untagged_sender(std::string_view sender) {
  const std::size_t at = std::min(sender.rfind('@'), sender.size());
  std::string_view user = sender.substr(0, at);
  constexpr std::string_view batv = "prvs=";
  if (base::equal_ignoring_case(user.substr(0, batv.size()), batv)) {
    const std::size_t end = user.find('=', batv.size());
    if (end != user.npos && end + 1 < user.size()) user.remove_prefix(end + 1);
  }
  // What begins with it has nothing before it.
  if (const std::size_t plus = user.find('+'); plus != 0) user = user.substr(0, plus);
  return std::string(user).append(sender.substr(at));
}

} // namespace tempfail::wire
