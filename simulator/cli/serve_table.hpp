// What `serve` says of itself: where everything listens, that it is ready, and what happened until its end.
#pragma once

#include "cli/service.hpp"
#include "cli/terminal.hpp"

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace tempfail::cli {

/// A line for each port; nothing where none is open.
void print_table(const ServedScenarios& service, StandardStream& out);
/// Says on `err` that other machines can reach the servers, where they can.
void warn_if_reachable(const ServeOptions& options, StandardStream& err);
/// The line that begins with "ready". `url`: of the API; empty: there is none.
std::string ready_line(const ServedScenarios& service, const ServeOptions& options,
                       const std::string& url);
/// The same as a program reads it: what the ready file says, and that it is so.
void print_ready(nlohmann::ordered_json content, StandardStream& out);
/// The summary as a program reads it.
nlohmann::ordered_json summary_json(const net::TrafficTotals& totals, std::uint64_t lost);
/// `lost`: events that the journal does not have.
void print_summary(const net::TrafficTotals& totals, std::uint64_t lost, bool json,
                   StandardStream& out);

} // namespace tempfail::cli
