// Finds the Message-ID in a header.
#include "control/message_id.hpp"

#include "wire/data_reader.hpp"

namespace tempfail::control {

std::string without_angle_brackets(std::string id) {
  if (id.starts_with('<')) id.erase(0, 1);
  if (id.ends_with('>')) id.pop_back();
  return id;
}

std::string message_id_in(std::string_view content) {
  const std::size_t end = content.find("\r\n\r\n");
  const std::string_view header =
      content.substr(0, end == std::string_view::npos ? content.size() : end + 2);
  return without_angle_brackets(wire::header_field(header, "Message-ID"));
}

} // namespace tempfail::control
