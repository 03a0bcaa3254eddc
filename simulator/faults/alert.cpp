// `alert`: by its name in the RFCs, as a record of its own.
#include "faults/alert.hpp"

#include "scenario/read_value.hpp"

namespace tempfail::faults {

std::optional<Alert> Alert::read(const scenario::Value& value, scenario::Mistakes& mistakes) {
  const auto names = scenario::names_of(alert_names);
  const auto index = scenario::read_word(value, names, "TLS alert", mistakes);
  if (!index) return std::nullopt;
  return Alert{alert_names[*index].number};
}

/// A record of its own: type 21, version 3.3, two bytes, level fatal (RFC 5246 section 6.2.1, 7.2).
void Alert::perform(Output& output) const {
  const std::array<char, 7> record = {21, 3, 3, 0, 2, 2, static_cast<char>(number)};
  output.tls_record(std::string_view(record.data(), record.size()));
}

} // namespace tempfail::faults
