// What one run of the sender's command is given: its messages, the files that describe them, and where it may say what
// became of them.
#pragma once

#include "journal/recorder.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::cli {

/// One message, and to whom it is to go.
struct Handover {
  std::string id; ///< "1", unique in the case
  std::string sender;
  std::vector<std::string> recipients;
  std::vector<std::string> parameters;        ///< of ESMTP, "NOTIFY=FAILURE"
  std::vector<std::string> untold_parameters; ///< those of them that the command does not name
  std::string message_id;                     ///< without angle brackets
  std::filesystem::path message_file;
  std::filesystem::path message_lf_file; ///< the same with lines ended by LF
  std::string message;                   ///< lines ended by CR LF
  bool given = false;                    ///< the command was told to send the message's file
  bool offered = false;                  ///< the command was not told of it in so many words
};

/// What is the same for all messages of a run. Empty texts: there is no such thing.
struct HandoverSetting {
  std::string scenario;
  std::string host;
  std::string port;
  double time_scale = 1;
  std::string tls;
  std::string tls_mode;
  std::string ca;
  std::string dns;
  std::string user;
  std::string password;
  std::string role;
  std::filesystem::path result_file;
};

/// The files of a run.
struct HandoverFiles {
  std::filesystem::path first; ///< a JSON object: the first message
  std::filesystem::path all;   ///< a JSON array: all of them
};

/// JSON as docs/handover.schema.json says.
std::string to_json(const Handover& handover, const HandoverSetting& setting);
std::string to_json(const std::vector<Handover>& handovers, const HandoverSetting& setting);

/// Writes the messages and both JSON files; CannotRun when one can't be written.
void write_files(const std::vector<Handover>& handovers, const HandoverSetting& setting,
                 const HandoverFiles& files);

/// Records that the message is handed over.
void record(const Handover& handover, Moment now, std::uint32_t server,
            journal::Recorder& recorder);

/// The ids, with blanks between.
std::string ids_of(const std::vector<Handover>& handovers);

} // namespace tempfail::cli
