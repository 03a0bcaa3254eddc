// The Message-ID of a content.
#pragma once

#include <string>
#include <string_view>

namespace tempfail::control {

std::string without_angle_brackets(std::string id);
/// Of the header of a message with lines ended by CR LF, without angle brackets; empty: it has none.
std::string message_id_in(std::string_view content);

} // namespace tempfail::control
