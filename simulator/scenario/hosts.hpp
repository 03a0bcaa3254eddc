// What a scenario's hosts and names are, also where its file says nothing of them.
#pragma once

#include "scenario/model.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tempfail::scenario {

/// The label of the one host of a scenario whose file names none.
inline constexpr std::string_view only_host = "mx";

/// "disk-full.test"
std::string domain_of(const Scenario& scenario);
/// The hosts that the file names; else the one server, as mx.NAME.test.
std::vector<Host> hosts_of(const Scenario& scenario);
/// The names that the file gives; else the domain NAME.test, whose MX are the hosts that are no decoys, in order.
Names names_of(const Scenario& scenario);
/// Whether mail for the recipients goes to this one of the hosts: an MX of their domain names it, or there is none.
bool takes_mail(const Scenario& scenario, const Host& host);
/// What happens in it is about names or several hosts: a client who is told an address and a port can't meet it.
bool needs_names(const Scenario& scenario);

} // namespace tempfail::scenario
