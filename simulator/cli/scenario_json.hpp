// A scenario's description as JSON, for `list --json` and `show --json`.
#pragma once

#include "scenario/model.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace tempfail::cli {

nlohmann::ordered_json to_json(const scenario::Scenario& scenario);
/// JSON text that can't fail on odd bytes, with a line feed behind it.
std::string dump(const nlohmann::ordered_json& value);
/// The same on one line.
std::string dump_line(const nlohmann::ordered_json& value);
/// An expectation in words: "first-retry: 30m..4h".
std::string to_text(const scenario::Expectation& expectation);

} // namespace tempfail::cli
