// The header of a message to be sent.
#include "client/cli/header.hpp"

#include "base/ascii.hpp"
#include "client/base/gmime.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::client {
namespace {

/// The name of the field a line begins, in lower case; "" when it begins none.
std::string field_name(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  auto name = line.substr(0, colon);
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t'))
    name.remove_suffix(1);
  const bool valid = std::all_of(name.begin(), name.end(),
                                 [](char letter) { return letter > ' ' && letter < 0x7f; });
  return valid ? base::lower(name) : std::string{};
}

void collect(InternetAddressList* list, std::vector<std::string>& found) {
  for (int i = 0; i < internet_address_list_length(list); ++i) {
    InternetAddress* address = internet_address_list_get_address(list, i);
    if (INTERNET_ADDRESS_IS_GROUP(address)) {
      collect(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)), found);
    } else {
      const char* text = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
      if (text != nullptr && *text != '\0') found.emplace_back(text);
    }
  }
}

} // namespace

Header::Header(std::string message) {
  std::string_view rest{message};
  while (!rest.empty()) {
    const auto end = std::min(rest.size(), rest.find("\r\n") + 2);
    const auto line = rest.substr(0, end);
    const bool folded = line.front() == ' ' || line.front() == '\t';
    if (folded && !fields_.empty()) {
      fields_.back().text += line;
    } else if (const auto name = field_name(line); !name.empty()) {
      fields_.push_back({name, std::string{line}});
    } else {
      break;
    }
    rest.remove_prefix(end);
  }
  body_ = rest.starts_with("\r\n") ? std::string{rest} : "\r\n" + std::string{rest};
}

bool Header::has(std::string_view field) const {
  const std::string name = base::lower(field);
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const Field& other) { return other.name == name; });
}

std::vector<std::string> Header::addresses(std::string_view field) const {
  prepare_gmime();
  const std::string name = base::lower(field);
  std::vector<std::string> found;
  for (const Field& candidate : fields_) {
    if (candidate.name != name) continue;
    const std::string value = candidate.text.substr(candidate.text.find(':') + 1);
    const Owned<InternetAddressList> list{internet_address_list_parse(nullptr, value.c_str())};
    if (list) collect(list.get(), found);
  }
  return found;
}

void Header::add(std::string_view field, std::string_view value) {
  fields_.push_back({base::lower(field), std::string{field} + ": " + std::string{value} + "\r\n"});
}

void Header::remove(std::string_view field) {
  const std::string name = base::lower(field);
  std::erase_if(fields_, [&](const Field& other) { return other.name == name; });
}

bool Header::has_eight_bit() const {
  return std::any_of(fields_.begin(), fields_.end(), [](const Field& field) {
    return std::any_of(field.text.begin(), field.text.end(),
                       [](char letter) { return static_cast<unsigned char>(letter) > 127; });
  });
}

std::string Header::message() && {
  std::string message;
  for (const Field& field : fields_)
    message += field.text;
  return message + body_;
}

std::string mailbox(const std::string& name, const std::string& address) {
  prepare_gmime();
  const Owned<InternetAddress> made{internet_address_mailbox_new(name.c_str(), address.c_str())};
  char* text = internet_address_to_string(made.get(), nullptr, TRUE);
  std::string result{text};
  g_free(text);
  return result;
}

} // namespace tempfail::client
