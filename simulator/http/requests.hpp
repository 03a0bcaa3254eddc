// Bodies and queries of requests, as values of control/. Strict: a key that is not known is a mistake.
#pragma once

#include "control/values.hpp"
#include "http/message.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::http {

// Each throws Problem: 400 where the body is not JSON, 422 where it says what makes no sense.

control::ServerRequest read_server_request(std::string_view body);
control::HandoverRequest read_handover(std::string_view body);
control::ResultRequest read_result(std::string_view body);
Duration read_advance(std::string_view body);
std::string read_label(std::string_view body);

/// A body that names a scenario; empty: none.
std::string read_scenario(std::string_view body);

struct QueueRequest {
  std::string scenario; ///< empty: of the only one
  bool runs = false;
};
QueueRequest read_queue(std::string_view body);

/// What is asked for with ?recipient=&sender=&since=&last=&min=&wait=.
struct ListRequest {
  control::Filter filter;
  std::size_t least = 0;
  std::chrono::milliseconds wait{}; ///< real time
};
ListRequest read_list_request(const Target& target, std::chrono::seconds longest_wait);

/// The same of queries to a name server, with ?name=&type= in place of recipient and sender.
struct QueryListRequest {
  control::QueryFilter filter;
  std::size_t least = 0;
  std::chrono::milliseconds wait{}; ///< real time
};
QueryListRequest read_query_list_request(const Target& target, std::chrono::seconds longest_wait);
/// The address that a name is to have.
std::string read_address(std::string_view body);

/// ?since=&scenario=&strict=
control::VerdictRequest read_verdict_request(const Target& target);

/// A position in the journal: ?after=; `last_event_id` counts where it is not empty.
std::uint64_t read_position(const Target& target, const std::string& last_event_id);
/// A whole number in the query.
std::uint64_t read_number(const Target& target, std::string_view key, std::uint64_t otherwise);
/// Of Mailpit: the messages that are meant; none: all of them.
std::vector<std::string> read_message_ids(std::string_view body);
/// ?wait=
std::chrono::milliseconds read_wait(const Target& target, std::chrono::seconds longest_wait);
/// Throws Problem for a key of the query that is none of these.
void check_query(const Target& target, std::initializer_list<std::string_view> keys);

} // namespace tempfail::http
