// Walks a YAML document and collects every mistake with its place. The only user of yaml-cpp in the
// sender.
#pragma once

#include "client/policy/load.hpp"

#include <yaml-cpp/yaml.h>

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tempfail::client {

/// Reads values off nodes; what is wrong becomes a problem, and the value stays what it was.
class YamlReader {
 public:
  /// `problems` outlives the reader.
  explicit YamlReader(std::vector<Problem>& problems) : problems_(problems) {}

  void wrong(const YAML::Node& node, std::string text);

  using Handler = std::function<void(const YAML::Node& value)>;
  /// Reads a mapping: each key has its handler, an unknown or repeated key is a mistake. False if
  /// it is none.
  bool mapping(const YAML::Node& node, std::string_view what,
               const std::vector<std::pair<std::string_view, Handler>>& handlers);
  /// Calls `item` for each entry of a list; a single value counts as a list of one.
  void one_or_more(const YAML::Node& node, const Handler& item);
  /// As one_or_more(), but nothing else than a list will do.
  void list(const YAML::Node& node, std::string_view what, const Handler& item);

  void text(const YAML::Node& node, std::string& value);
  void duration(const YAML::Node& node, Duration& value);
  void percentage(const YAML::Node& node, double& value);
  void factor(const YAML::Node& node, double& value);
  void count(const YAML::Node& node, unsigned lowest, unsigned highest, unsigned& value);
  void boolean(const YAML::Node& node, std::optional<bool>& value);

 private:
  std::optional<std::string> scalar(const YAML::Node& node, std::string_view allowed);

  std::vector<Problem>& problems_;
};

} // namespace tempfail::client
