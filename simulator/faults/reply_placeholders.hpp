// What a reply can speak of, in braces: one table of names and of what stands in their place.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::faults {

/// What the placeholders of a reply stand for.
struct ReplyPlaceholderValues {
  std::string_view recipient;
  std::string_view sender;
  std::string_view client;
  std::string_view helo;
  std::string_view hostname;
  std::uint64_t size = 0;
};

/// A placeholder: its name without the braces, and what it becomes.
struct ReplyPlaceholder {
  std::string_view name;
  std::string (*text)(const ReplyPlaceholderValues& values);
};
inline constexpr std::array reply_placeholders = {
    ReplyPlaceholder{
        "recipient",
        [](const ReplyPlaceholderValues& values) { return std::string(values.recipient); }},
    ReplyPlaceholder{
        "sender", [](const ReplyPlaceholderValues& values) { return std::string(values.sender); }},
    ReplyPlaceholder{
        "client", [](const ReplyPlaceholderValues& values) { return std::string(values.client); }},
    ReplyPlaceholder{"helo",
                     [](const ReplyPlaceholderValues& values) { return std::string(values.helo); }},
    ReplyPlaceholder{
        "hostname",
        [](const ReplyPlaceholderValues& values) { return std::string(values.hostname); }},
    ReplyPlaceholder{
        "size", [](const ReplyPlaceholderValues& values) { return std::to_string(values.size); }},
};

/// Adds `text` to `out` with its placeholders filled in. Braces around anything else stay as they are.
void append_filled(std::string_view text, const ReplyPlaceholderValues& values, std::string& out);

} // namespace tempfail::faults
