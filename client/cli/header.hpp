// The header of a message to be sent: looked into and completed, without touching the rest of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::client {

class Header {
 public:
  /// A whole message with CRLF lines. If it does not begin with a header, it gets an empty one.
  explicit Header(std::string message);

  bool has(std::string_view field) const;
  /// The addresses in all fields of that name (RFC 5322 section 3.4, groups included).
  std::vector<std::string> addresses(std::string_view field) const;
  void add(std::string_view field, std::string_view value);
  void remove(std::string_view field);
  /// Raw bytes beyond ASCII in the header, so that SMTPUTF8 is needed (RFC 6532).
  bool has_eight_bit() const;
  /// The whole message again.
  std::string message() &&;

 private:
  struct Field {
    std::string name{}; ///< in lower case
    std::string text{}; ///< as it stands, folded lines and line ends included
  };
  std::vector<Field> fields_;
  std::string body_; ///< from the empty line on
};

/// "Full Name <address>", encoded as the header wants it.
std::string mailbox(const std::string& name, const std::string& address);

} // namespace tempfail::client
