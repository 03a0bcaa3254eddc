// What is where in a lab, for people and for programs.
#pragma once

#include "cli/lab_hosts.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace tempfail::cli {

std::string lab_table(const std::vector<LabScenario>& served, const lab::Lab& lab,
                      const StandardStream& out);
/// {"pid": …, "sender": {…}, "name_server": …, "endpoints": […], "dead": […]}; pid is that of tempfail.
nlohmann::ordered_json lab_json(const std::vector<LabScenario>& served, const lab::Lab& lab);

} // namespace tempfail::cli
