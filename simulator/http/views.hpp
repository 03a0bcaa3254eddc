// Values of control/ as JSON.
#pragma once

#include "control/kept_messages.hpp"
#include "control/servers.hpp"
#include "control/values.hpp"
#include "scenario/model.hpp"

#include <string>
#include <vector>

namespace tempfail::http {

std::string to_json(const control::ServerView& server);
std::string to_json(const std::vector<control::ServerView>& servers);
std::string to_json(const std::vector<control::TryView>& tries, bool in_time);
std::string to_json(const std::vector<control::KeptMessagePtr>& messages, bool in_time);
/// With its notification's fields, where it is one.
std::string to_json(const control::KeptMessage& message);
std::string to_json(const control::HandoverView& handover);
std::string to_json(const control::ComposedView& composed);
std::string to_json(const control::NameServerView& names);
std::string to_json(const control::MixView& mix);
std::string to_json(const std::vector<control::QueryView>& queries, bool in_time);
std::string to_json(const std::vector<scenario::ScenarioPtr>& scenarios);
/// With the text of its file.
std::string to_json(const scenario::Scenario& scenario);

/// In the format of Prometheus (version 0.0.4). `mix`: null where none is served.
std::string to_metrics(const control::ServersTotals& totals, std::size_t servers,
                       std::uint64_t requests, std::uint64_t refused, const control::MixView* mix);

} // namespace tempfail::http
