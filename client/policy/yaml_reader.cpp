// Walks a YAML document and collects every mistake with its place.
#include "client/policy/yaml_reader.hpp"

#include "client/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace tempfail::client {
namespace {

std::optional<double> parse_decimal(std::string_view text) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

// Not called `quoted`: for a std::string the compiler may take the one of <iomanip>, which some headers include.
std::string in_quotes(std::string_view text) {
  return '\'' + std::string{text} + '\'';
}

} // namespace

void YamlReader::wrong(const YAML::Node& node, std::string text) {
  const YAML::Mark mark = node.Mark();
  problems_.push_back({mark.line + 1, mark.column + 1, std::move(text)});
}

bool YamlReader::mapping(const YAML::Node& node, std::string_view what,
                         const std::vector<std::pair<std::string_view, Handler>>& handlers) {
  std::string allowed;
  for (const auto& [key, handler] : handlers) {
    allowed.append(allowed.empty() ? "" : ", ").append(key);
  }
  if (!node.IsMap()) {
    wrong(node, std::string{what} + " must be a mapping; allowed: " + allowed);
    return false;
  }
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : std::string{};
    const auto found = std::find_if(handlers.begin(), handlers.end(),
                                    [&](const auto& handler) { return handler.first == key; });
    if (found == handlers.end()) {
      wrong(entry.first,
            "unknown key " + in_quotes(key) + " in " + std::string{what} + "; allowed: " + allowed);
    } else if (!seen.insert(key).second) {
      wrong(entry.first, in_quotes(key) + " is given twice; allowed: once");
    } else {
      found->second(entry.second);
    }
  }
  return true;
}

void YamlReader::one_or_more(const YAML::Node& node, const Handler& item) {
  if (!node.IsSequence()) {
    item(node);
    return;
  }
  for (const auto& entry : node)
    item(entry);
}

void YamlReader::list(const YAML::Node& node, std::string_view what, const Handler& item) {
  if (!node.IsSequence()) {
    wrong(node, std::string{what} + " must be a list; allowed: [ … ]");
    return;
  }
  for (const auto& entry : node)
    item(entry);
}

std::optional<std::string> YamlReader::scalar(const YAML::Node& node, std::string_view allowed) {
  if (node.IsScalar()) return node.Scalar();
  wrong(node, "a single value is needed here; allowed: " + std::string{allowed});
  return std::nullopt;
}

void YamlReader::text(const YAML::Node& node, std::string& value) {
  if (auto text = scalar(node, "a text")) value = std::move(*text);
}

void YamlReader::duration(const YAML::Node& node, Duration& value) {
  constexpr std::string_view allowed = "30m, 4h, 1h30m, 5d";
  const auto text = scalar(node, allowed);
  if (!text) return;
  const auto parsed = parse_duration(*text);
  if (!parsed || parsed->count() == 0) {
    wrong(node,
          in_quotes(*text) + " is not a duration above zero; allowed: " + std::string{allowed});
    return;
  }
  value = *parsed;
}

void YamlReader::percentage(const YAML::Node& node, double& value) {
  const auto text = scalar(node, "0% to 100%");
  if (!text) return;
  const bool has_sign = text->ends_with('%');
  const auto parsed =
      parse_decimal(std::string_view{*text}.substr(0, text->size() - (has_sign ? 1 : 0)));
  if (!has_sign || !parsed || !(*parsed >= 0 && *parsed <= 100)) {
    wrong(node, in_quotes(*text) + " is not a percentage; allowed: 0% to 100%");
    return;
  }
  value = *parsed / 100;
}

void YamlReader::factor(const YAML::Node& node, double& value) {
  const auto text = scalar(node, "1 to 100");
  if (!text) return;
  const auto parsed = parse_decimal(*text);
  if (!parsed || !(*parsed >= 1 && *parsed <= 100)) {
    wrong(node, in_quotes(*text) + " is not a factor; allowed: 1 to 100");
    return;
  }
  value = *parsed;
}

void YamlReader::count(const YAML::Node& node, unsigned lowest, unsigned highest, unsigned& value) {
  const std::string allowed = std::to_string(lowest) + " to " + std::to_string(highest);
  const auto text = scalar(node, allowed);
  if (!text) return;
  unsigned parsed = 0;
  const auto result = std::from_chars(text->data(), text->data() + text->size(), parsed);
  if (result.ec != std::errc{} || result.ptr != text->data() + text->size() || parsed < lowest ||
      parsed > highest) {
    wrong(node, in_quotes(*text) + " is not a number in range; allowed: " + allowed);
    return;
  }
  value = parsed;
}

void YamlReader::boolean(const YAML::Node& node, std::optional<bool>& value) {
  const auto text = scalar(node, "true, false");
  if (!text) return;
  if (*text != "true" && *text != "false") {
    wrong(node, in_quotes(*text) + " is not true or false; allowed: true, false");
    return;
  }
  value = *text == "true";
}

} // namespace tempfail::client
