// What a load is, and what came of it.
#pragma once

#include "client/load/histogram.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace tempfail::client {

struct LoadOptions {
  std::string host = "127.0.0.1"; ///< name or address
  std::uint16_t port = 25;
  std::uint64_t messages = 1000;
  unsigned sessions = 10;                 ///< at once
  std::uint64_t messages_per_session = 1; ///< 0: as many as there are
  bool pipelined =
      false; ///< the next envelope goes out with the final dot, where the server offers it
  std::uint64_t size = 1024; ///< bytes of a message, header included
  double rate = 0; ///< messages begun each second, over all sessions; 0: as fast as they go
  std::string sender = "load@sender.test";
  std::string recipient = "load@recipient.test";
  std::string helo_name = "load.sender.test";
  std::chrono::milliseconds time_out = std::chrono::seconds(60); ///< without a word from the server
};

/// Where a load stands, or what came of it.
struct LoadResult {
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;
  std::map<std::string, std::uint64_t> errors{}; ///< "452 4.3.1" or "connection refused": how many
  std::uint64_t connections = 0;
  std::uint64_t bytes_sent = 0;
  Histogram
      latency{}; ///< from MAIL (at a rate: from when it was due) to the reply after the final dot
  std::chrono::microseconds elapsed{};
  std::chrono::microseconds processor{}; ///< time of this process, user and system
  bool interrupted = false;

  std::uint64_t done() const { return delivered + failed; }
};

/// Drives the server until all messages are through, or until `progress` says false. It is asked about five
/// times a second. Throws std::runtime_error if the host has no address.
LoadResult run_load(const LoadOptions& options,
                    const std::function<bool(const LoadResult&)>& progress);

/// For people: throughput, latencies, errors.
std::string describe_load(const LoadOptions& options, const LoadResult& result);
/// For programs: one JSON object.
std::string load_as_json(const LoadOptions& options, const LoadResult& result);
/// One line of the given width for a terminal.
std::string progress_line(const LoadOptions& options, const LoadResult& result, unsigned width);

} // namespace tempfail::client
