// What a reply can speak of, in braces: one table of names and of what stands in their place.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tempfail::faults {

/// What the placeholders of a reply stand for.
struct Placeholders {
  std::string_view recipient;
  std::string_view sender;
  std::string_view client;
  std::string_view helo;
  std::string_view hostname;
  std::uint64_t size = 0;
};

/// A placeholder: its name without the braces, and what it becomes.
struct Placeholder {
  std::string_view name;
  std::string (*text)(const Placeholders& values);
};
inline constexpr std::array placeholders = {
    Placeholder{"recipient",
                [](const Placeholders& values) { return std::string(values.recipient); }},
    Placeholder{"sender", [](const Placeholders& values) { return std::string(values.sender); }},
    Placeholder{"client", [](const Placeholders& values) { return std::string(values.client); }},
    Placeholder{"helo", [](const Placeholders& values) { return std::string(values.helo); }},
    Placeholder{"hostname",
                [](const Placeholders& values) { return std::string(values.hostname); }},
    Placeholder{"size", [](const Placeholders& values) { return std::to_string(values.size); }},
};

/// Adds `text` to `out` with its placeholders filled in. Braces around anything else stay as they are.
void append_filled(std::string_view text, const Placeholders& values, std::string& out);

} // namespace tempfail::faults
