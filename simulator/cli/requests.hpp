// What a scenario asks of the sender besides delivery (RFC 3461, RFC 8689), as parameters of ESMTP.
#pragma once

#include "scenario/model.hpp"

#include <string>
#include <vector>

namespace tempfail::cli {

/// "NOTIFY=SUCCESS,FAILURE", "RET=HDRS", "ENVID=…" and "ORCPT=…" in xtext, "REQUIRETLS".
std::vector<std::string> parameters_of(const scenario::TestRequests& requests);
/// Those of the parameters that a command is not told of: it names no placeholder and no variable that would say them.
std::vector<std::string> untold_parameters(const std::vector<std::string>& parameters,
                                           const std::vector<std::string>& command);

} // namespace tempfail::cli
