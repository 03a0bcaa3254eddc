// Checks values before CLI11 converts them, whose own complaints name neither the option as it was
// written nor what is allowed.
#include "cli/allowed.hpp"

#include "cli/text.hpp"

#include <algorithm>
#include <charconv>

namespace tempfail::cli {

namespace {

std::string complaint(const std::string& value, const std::string& allowed) {
  return value + ": allowed: " + allowed;
}

template <typename Number>
bool read(const std::string& text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// CLI11 asks with the value, and takes an empty answer for a yes. The name would show in help texts.
CLI::Validator validator(std::function<std::string(std::string&)> check) {
  return {std::move(check), "", ""};
}

} // namespace

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  return validator([least, most](std::string& text) {
    std::uint64_t value = 0;
    if (read(text, value) && value >= least && value <= most) return std::string();
    return complaint(text, std::to_string(least) + " to " + std::to_string(most));
  });
}

CLI::Validator one_of(std::vector<std::string> words) {
  return validator([words = std::move(words)](std::string& text) {
    if (std::find(words.begin(), words.end(), text) != words.end()) return std::string();
    return complaint(text, joined(words, ", "));
  });
}

CLI::Validator number(bool (*is_right)(double), std::string allowed) {
  return validator([is_right, allowed = std::move(allowed)](std::string& text) {
    double value = 0;
    if (read(text, value) && is_right(value)) return std::string();
    return complaint(text, allowed);
  });
}

std::string value_complaint(const CLI::ParseError& error) {
  const std::string what = error.what();
  const std::size_t colon = what.find(": ");
  if (colon == std::string::npos) return what;
  const std::string option = what.substr(0, colon);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && option.starts_with('-'))
    return option + " needs a value";
  if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr)
    return option + ' ' + what.substr(colon + 2);
  return what;
}

} // namespace tempfail::cli
