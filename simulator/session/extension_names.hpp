// The keywords with which extensions are announced.
#pragma once

#include "scenario/model.hpp"

#include <string_view>

namespace tempfail::session {

/// As it stands in a reply to EHLO: "8BITMIME".
constexpr std::string_view extension_name(scenario::Extension extension) {
  using scenario::Extension;
  switch (extension) {
  case Extension::pipelining: return "PIPELINING";
  case Extension::size: return "SIZE";
  case Extension::eight_bit_mime: return "8BITMIME";
  case Extension::smtputf8: return "SMTPUTF8";
  case Extension::chunking: return "CHUNKING";
  case Extension::dsn: return "DSN";
  case Extension::enhanced_status_codes: return "ENHANCEDSTATUSCODES";
  case Extension::starttls: return "STARTTLS";
  case Extension::auth: return "AUTH";
  case Extension::vrfy: return "VRFY";
  case Extension::help: return "HELP";
  }
  return {};
}

} // namespace tempfail::session
