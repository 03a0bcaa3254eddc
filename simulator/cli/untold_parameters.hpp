// Whether a command is told of the parameters of ESMTP that its message is to be sent with.
#pragma once

#include <string>
#include <vector>

namespace tempfail::cli {

/// Those of the parameters that a command is not told of: it names no placeholder and no variable that would say them.
std::vector<std::string> untold_parameters(const std::vector<std::string>& parameters,
                                           const std::vector<std::string>& command);

} // namespace tempfail::cli
