// Reads a policy file, and holds the built-in one.
#include "client/policy/load.hpp"

#include "client/policy/default_policy.hpp"
#include "client/policy/read_policy.hpp"

#include <algorithm>
#include <cassert>

namespace tempfail::client {
namespace {

LoadedPolicy load_over(Policy defaults, std::string_view yaml) {
  LoadedPolicy loaded;
  loaded.policy = std::move(defaults);
  YamlReader reader{loaded.problems};
  try {
    const YAML::Node document = YAML::Load(std::string{yaml});
    // An empty file changes nothing, and so says the default.
    if (!document.IsNull()) read_policy(reader, document, loaded.policy);
  } catch (const YAML::Exception& error) {
    loaded.problems.push_back(
        {error.mark.line + 1, error.mark.column + 1, "not YAML: " + error.msg});
  }
  std::stable_sort(loaded.problems.begin(), loaded.problems.end(),
                   [](const Problem& a, const Problem& b) {
                     return std::pair{a.line, a.column} < std::pair{b.line, b.column};
                   });
  return loaded;
}

} // namespace

std::string Problem::in(std::string_view file) const {
  return std::string{file} + ':' + std::to_string(line) + ':' + std::to_string(column) + ": " +
         text;
}

LoadedPolicy load_policy(std::string_view yaml) {
  return load_over(default_policy(), yaml);
}

std::string_view default_policy_text() {
  return embedded_default_policy;
}

const Policy& default_policy() {
  static const Policy policy = [] {
    LoadedPolicy loaded = load_over(Policy{}, default_policy_text());
    assert(loaded.problems.empty());
    return std::move(loaded.policy);
  }();
  return policy;
}

} // namespace tempfail::client
