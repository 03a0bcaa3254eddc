// Addresses as they are compared.
#include "wire/address.hpp"

#include "base/ascii.hpp"
#include "base/domain.hpp"

namespace tempfail::wire {
std::string comparable_address(std::string_view address) {
  std::string plain = base::lower(address);
  if (base::is_ascii(plain)) return plain;
  const std::size_t at = plain.rfind('@');
  if (at == std::string::npos) return plain;
  if (const auto domain = base::to_a_labels(std::string_view(plain).substr(at + 1)))
    plain.replace(at + 1, std::string::npos, *domain);
  return plain;
}

} // namespace tempfail::wire
