// `cut-handshake`: a number of bytes.
#include "faults/cut_handshake.hpp"

#include "scenario/read_value.hpp"

namespace tempfail::faults {

std::optional<CutHandshake> CutHandshake::read(const scenario::Value& value,
                                               scenario::Mistakes& mistakes) {
  const auto bytes = scenario::read_size(value, mistakes);
  return bytes ? std::optional<CutHandshake>(CutHandshake{*bytes}) : std::nullopt;
}

} // namespace tempfail::faults
