// The exit codes of the program: those of sysexits.h, which every mailer's caller knows.
#pragma once

namespace tempfail::client {

enum ExitCode : int {
  exit_ok = 0,
  exit_usage = 64,         ///< EX_USAGE: the command line is wrong
  exit_data = 65,          ///< EX_DATAERR: the message or an address is malformed
  exit_no_input = 66,      ///< EX_NOINPUT: a file can't be read
  exit_no_user = 67,       ///< EX_NOUSER: a recipient is refused for good
  exit_no_host = 68,       ///< EX_NOHOST: the destination does not exist
  exit_unavailable = 69,   ///< EX_UNAVAILABLE: failed for good for any other reason
  exit_software = 70,      ///< EX_SOFTWARE: a defect
  exit_os = 71,            ///< EX_OSERR: out of memory, descriptors, …
  exit_cannot_create = 73, ///< EX_CANTCREAT: an output file can't be made
  exit_io = 74,            ///< EX_IOERR: a write failed
  exit_temporary = 75,     ///< EX_TEMPFAIL: not delivered yet, may be tried again
  exit_protocol = 76,      ///< EX_PROTOCOL: the other side talks no SMTP
  exit_no_permission = 77, ///< EX_NOPERM
  exit_config = 78,        ///< EX_CONFIG: a configuration file is wrong
};

} // namespace tempfail::client
