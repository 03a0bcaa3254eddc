// Where the server of a case is: on a port of this machine, on the addresses that names lead to, or in a lab.
#pragma once

#include "cli/case_plan.hpp"
#include "cli/case_run.hpp"

namespace tempfail::net {
class Server;
}

namespace tempfail::cli {

/// Opens the ports of the case's scenario on `server`, on this machine, and says where a sender finds it. Throws
/// CannotRun when a port or an address can't be had.
CaseServerAddress serve_case(const scenario::ScenarioPtr& scenario, const TestOptions& options,
                             const CaseNetwork& names, net::Server& server);

/// Where a sender in a lab finds a scenario.
CaseServerAddress case_server_in_lab(const LabScenario& served);

} // namespace tempfail::cli
