// Putting a message into a queue.
#pragma once

#include "client/cli/message_options.hpp"

#include <filesystem>

namespace tempfail::client {

/// Reads the message and queues it. When this returns it is safe; what goes wrong is a CommandError.
MessageId enqueue(const MessageOptions& message, const std::filesystem::path& folder);

} // namespace tempfail::client
