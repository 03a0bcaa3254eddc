// One connection and the dialogue on it: performs the dialogue's actions on TCP and TLS.
#pragma once

#include "client/net/tls_context.hpp"
#include "client/net/transport.hpp"
#include "client/protocol/action.hpp"
#include "client/protocol/message.hpp"
#include "client/protocol/session_settings.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace tempfail::client {

/// What a session tells its owner. From inside a call the owner may call begin(), quit() and abandon().
struct SessionEvents {
  std::function<void()> ready{}; ///< a message may begin
  std::function<void(const Settlement&)>
      failed{}; ///< no connection, no session, or it broke while idle
  /// False: the bytes that complete the message must not leave.
  std::function<bool(const std::vector<std::size_t>&)> committing{};
  std::function<void(std::size_t, const Settlement&)> settled{};
  std::function<void(const action::TransactionDone&)> done{};
  std::function<void()> closed{}; ///< the last event: the socket is closed
};

/// Shows what crosses the connection, line by line: '>' sent, '<' received, '*' remarks.
using Trace = std::function<void(char, std::string_view)>;

class Session {
 public:
  virtual ~Session() = default;

  virtual void set_events(SessionEvents events) = 0;
  virtual void open() = 0; ///< connects and goes on to `ready` or `failed`
  virtual void begin(const Message& message, std::vector<Recipient> recipients) = 0;
  virtual void quit() = 0;    ///< says QUIT and closes in its own time
  virtual void abandon() = 0; ///< closes without a word, and without further events

  virtual bool ready() const = 0;
  virtual bool closed() const = 0;
  virtual const TlsState& tls() const = 0;
};

/// A session that is not opened yet. `time_scale` divides every time-out.
std::shared_ptr<Session> make_session(boost::asio::io_context& context, const TlsContext& tls,
                                      Endpoint endpoint, SessionSettings settings,
                                      double time_scale, Trace trace);

} // namespace tempfail::client
