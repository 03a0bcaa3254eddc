// The limits in docs/security.md are those of the code: every row, and no further row.
#include "cli/control_protocol.hpp"
#include "cli/output_file.hpp"
#include "cli/result_file.hpp"
#include "client/cli/input.hpp"
#include "client/protocol/reply.hpp"
#include "client/queue/reserve.hpp"
#include "journal/recorder.hpp"
#include "mime/limits.hpp"
#include "net/server.hpp"
#include "scenario/document.hpp"
#include "scenario/mistakes.hpp"
#include "scenario/units.hpp"
#include "session/session.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <fstream>
#include <set>
#include <string>
#include <utility>

using namespace tempfail;

namespace {

using Row = std::pair<std::string, std::string>; ///< name, figure

std::string bytes(std::uint64_t size) {
  const std::uint64_t megabyte = std::uint64_t{1} << 20U;
  if (size % megabyte == 0) return std::to_string(size / megabyte) + " MB";
  if (size % 1024 == 0 && size > 4096) return std::to_string(size / 1024) + " KB";
  return std::to_string(size) + " bytes";
}

/// The number of rows with a name counts, too: two programs have a limit called "message".
std::multiset<Row> rows_of_the_document() {
  std::ifstream file(TEMPFAIL_SECURITY_PAGE);
  REQUIRE(file);
  std::multiset<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| ") || line.starts_with("| limit |") || line.starts_with("| --- |"))
      continue;
    const std::size_t second = line.find(" | ");
    const std::size_t third = line.find(" | ", second + 3);
    REQUIRE(third != std::string::npos);
    rows.emplace(line.substr(2, second - 2), line.substr(second + 3, third - second - 3));
  }
  return rows;
}

} // namespace

TEST_CASE("limits: the page says what the code says") {
  const session::Limits limits;
  const net::ServerSettings settings;
  const client::ReplyLimits replies;
  const auto number = [](auto value) { return std::to_string(value); };
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(limits.idle).count();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(settings.drain).count();
  const auto days =
      std::chrono::duration_cast<std::chrono::hours>(scenario::longest_duration).count() / 24;
  const std::multiset<Row> code = {
      {"command line", bytes(limits.command_line)},
      {"message", bytes(limits.message_size)},
      {"recipients of a message", number(limits.recipients)},
      {"header section that is read", bytes(limits.header_section)},
      {"Received fields", number(limits.received_fields)},
      {"silence of a client", number(minutes) + " minutes"},
      {"wrong commands of a session", number(limits.errors)},
      {"commands without an accepted message", number(limits.commands)},
      {"commands of a session at a time", number(session::lines_per_call)},
      {"input that is read ahead while a session waits", bytes(settings.kept_input)},
      {"time for a client to close", number(seconds) + " seconds"},
      {"message that is searched for character sets", bytes(mime::charset_limits.content)},
      {"its boundaries", number(mime::charset_limits.boundaries)},
      {"its header fields", number(mime::charset_limits.fields)},
      {"its encoded words", number(mime::charset_limits.encoded_words)},
      {"journal kept in memory while the disk is full",
       bytes(journal::FileRecorder::backlog_limit)},
      {"line of the control socket", bytes(cli::control_line_limit)},
      {"scenario file", bytes(scenario::document_size_limit)},
      {"values in a scenario file", number(scenario::document_value_limit)},
      {"mistakes reported for a file", number(scenario::Mistakes::most)},
      {"duration in a scenario", number(days) + " days"},
      {"output of the sender's command that is kept", bytes(cli::OutputFile::head_limit)},
      {"result file of a sender", bytes(cli::ResultFile::size_limit)},
      {"message", bytes(client::largest_message)},
      {"line of a reply", bytes(replies.line_bytes)},
      {"lines of a reply", number(replies.lines)},
      {"disk space reserved for results", bytes(client::Reserve::size)},
  };
  const std::multiset<Row> page = rows_of_the_document();
  for (const Row& row : code) {
    CAPTURE(row.first, row.second);
    CHECK(page.count(row) == code.count(row));
  }
  for (const Row& row : page) {
    CAPTURE(row.first, row.second);
    CHECK(code.count(row) == 1);
  }
}
