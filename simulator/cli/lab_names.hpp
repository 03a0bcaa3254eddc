// The name server of a lab, and the names in it that are no scenario's: the sender's own.
#pragma once

#include "lab/lab.hpp"
#include "net/name_server.hpp"
#include "scenario/model.hpp"

#include <memory>
#include <string>

namespace tempfail::net {
class Server;
}

namespace tempfail::cli {

/// At the address that the sender's resolver asks; what is asked of names that are nobody's goes to `record`. CannotRun
/// when it can't listen.
std::unique_ptr<net::NameServer> open_name_server(boost::asio::io_context& context,
                                                  const lab::Lab& lab, net::Clock& clock,
                                                  const net::NameServer::Record& record);
/// "192.0.2.53:53"
std::string name_server_in_lab();

/// Serves the sender's own domain. Mail to it, notifications that is, goes to a host that nothing is wrong with, which
/// is one of `scenario`'s in the journal; null: nobody's. Queries for these names go to `record`, as those for names
/// that are nobody's. CannotRun when that can't be.
void serve_sender_domain(scenario::ScenarioPtr scenario, net::Clock& clock,
                         const net::NameServer::Record& record, lab::Lab& lab, net::Server& server,
                         net::NameServer& names);

} // namespace tempfail::cli
