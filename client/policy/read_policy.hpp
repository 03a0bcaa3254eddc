// The policy file's form: which key means which part of the model.
#pragma once

#include "client/policy/yaml_reader.hpp"

namespace tempfail::client {

/// Reads the document into `policy`, which holds the defaults before.
void read_policy(YamlReader& reader, const YAML::Node& document, Policy& policy);

} // namespace tempfail::client
