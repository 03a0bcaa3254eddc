// Writes lines into a pipe.
#include "cli/worker.hpp"

#include "cli/scenario_json.hpp"
#include "cli/terminal.hpp"

#include <nlohmann/json.hpp>

namespace tempfail::cli {

void Worker::tell(const nlohmann::ordered_json& message) const {
  StandardStream(to_parent).write(dump_line(message));
}

} // namespace tempfail::cli
