// The name server of a server under control: what it answers for, the names that are set by request, and the queries
// that came.
#pragma once

#include "control/limits.hpp"
#include "control/values.hpp"
#include "journal/event.hpp"
#include "scenario/model.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tempfail::net {
class NameServer;
}

namespace tempfail::control {

class NameServerControl {
 public:
  /// `server`: null where there is none; then all that asks for it is refused. It and the limits outlive this.
  NameServerControl(net::NameServer* server, std::vector<scenario::ScenarioPtr> scenarios,
                    const Limits& limits);

  bool is_there() const { return server_ != nullptr; }
  NameServerAddress place() const;
  /// Throws Refusal, as all that follow do.
  NameServerView view(const std::vector<EndpointView>& endpoints) const;
  /// The name has this address of IPv4 from here on, in place of the one it had. Names of the scenarios stay theirs.
  void set(const std::string& name, const std::string& address);
  void remove(const std::string& name);

  /// An event of the journal, at this position: where it is a query, it is kept. `scenario_of`: the name of the one
  /// with this number; empty: there is none.
  void note(const journal::Event& event, std::uint64_t position,
            const std::function<std::string(std::uint32_t)>& scenario_of);
  /// After this position.
  std::vector<QueryView> queries(const QueryFilter& filter, std::uint64_t after) const;

 private:
  net::NameServer& server() const;

  net::NameServer* server_;
  std::vector<scenario::ScenarioPtr> scenarios_;
  const Limits& limits_;
  std::map<std::string, std::string> set_; ///< name -> address
  std::deque<QueryView> queries_;
  std::uint64_t dropped_ = 0;
};

} // namespace tempfail::control
