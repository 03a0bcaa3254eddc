// The entry points that are fuzzed. Each states its invariants on top of its file, and ends the program
// when one does not hold, so that a fuzzer and a test both notice.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace tempfail::fuzz {

/// Any bytes at all.
void fuzz_lines(std::string_view input);
void fuzz_commands(std::string_view input);
void fuzz_content(std::string_view input);
void fuzz_session(std::string_view input);
void fuzz_scenario_file(std::string_view input);
void fuzz_names(std::string_view input);
void fuzz_journal(std::string_view input);
void fuzz_notification(std::string_view input);
void fuzz_replies(std::string_view input);
void fuzz_http(std::string_view input);
void fuzz_report(std::string_view input);

inline void require(bool holds, const char* invariant) {
  if (holds) return;
  std::fprintf(stderr, "invariant broken: %s\n", invariant);
  std::abort();
}

/// Takes a byte off the front, 0 when there is none: fuzzers choose settings with it.
inline unsigned take_byte(std::string_view& input) {
  if (input.empty()) return 0;
  const auto byte = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  return byte;
}

} // namespace tempfail::fuzz
