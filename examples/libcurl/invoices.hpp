// An application that mails invoices: what could not be sent is sent with the next run of its job.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

enum class State { unsent, sent, failed };

struct Invoice {
  std::string customer;
  std::string
      id; ///< the Message-ID, one for all tries: a server that has the message already can tell
  State state = State::unsent;
  long code = 0;       ///< of the last reply; 0: there was none
  std::string trouble; ///< what its author reads
};

/// Sends all that is unsent.
void run_job(std::vector<Invoice>& invoices, const std::string& host, std::uint16_t port);
