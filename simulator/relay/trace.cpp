// Writes Received fields.
#include "relay/trace.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace tempfail::relay {

std::string date_text(std::int64_t unix_seconds) {
  // Without the locale, whose names of days may not be English.
  static constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d +0000",
                days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                utc.tm_min, utc.tm_sec);
  return text.data();
}

std::string received_field(const Hop& hop) {
  return "Received: from " + std::string(hop.helo) + " ([" + std::string(hop.client) +
         "])\r\n\tby " + std::string(hop.by) + " with ESMTP id " + std::to_string(hop.number) +
         ";\r\n\t" + date_text(hop.unix_seconds) + "\r\n";
}

} // namespace tempfail::relay
