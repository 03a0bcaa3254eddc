// The sendmail-compatible mode, for programs that expect /usr/sbin/sendmail.
#pragma once

#include <string>
#include <vector>

namespace tempfail::client {

/// Whether the program was called as sendmail is: under its name, or with one of its options first.
bool called_as_sendmail(const std::string& program, const std::vector<std::string>& arguments);

/// Queues the message from standard input as `sendmail -t -i -f …` would. Returns the exit code; what goes
/// wrong is a CommandError.
int sendmail(const std::vector<std::string>& arguments);

} // namespace tempfail::client
