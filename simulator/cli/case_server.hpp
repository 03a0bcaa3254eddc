// Where the server of a case is: on a port of this machine, on the addresses that names lead to, or in a lab.
#pragma once

#include "cli/case_plan.hpp"
#include "cli/case_run.hpp"

namespace tempfail::lab {
class Lab;
}
namespace tempfail::net {
class Server;
}

namespace tempfail::cli {

/// Opens the ports of the case's scenario on `server`, and says where a sender finds it. `sealed`: the lab in which the
/// server is; null: on this machine. Throws CannotRun when a port or an address can't be had.
CasePlace serve_case(const scenario::ScenarioPtr& scenario, const TestOptions& options,
                     const CaseNames& names, lab::Lab* sealed, net::Server& server);

} // namespace tempfail::cli
