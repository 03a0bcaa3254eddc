// An accepted message on its way out of a session: the scenario's host forwards it, or it is kept to be looked at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tempfail::session {

struct AcceptedMail {
  std::string scenario;          ///< whose host it is
  std::uint32_t server = 0;      ///< its number in the journal
  std::string hostname;          ///< of that host
  std::string helo;              ///< what the client called itself
  std::string client;            ///< its address
  std::uint64_t session = 0;     ///< its number in the journal
  std::uint64_t transaction = 0; ///< counts MAIL commands of the session from 1
  std::string sender;            ///< empty: <>; a notification has none
  std::vector<std::string> recipients;
  std::string content; ///< lines as they came, dots not stuffed
  std::string message_id;
  std::uint32_t received_fields = 0; ///< of the content
};

} // namespace tempfail::session
