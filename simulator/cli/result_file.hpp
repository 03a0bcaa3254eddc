// What the sender says became of its messages: a file of JSON lines, which become events.
#pragma once

#include "cli/handover.hpp"
#include "journal/recorder.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::cli {

/// One line of a result file, checked.
struct ResultLine {
  std::string handover;
  std::string recipient; ///< empty: all that no other line names
  std::string result;    ///< "delivered", "temporary", "permanent", "failed" or "unknown"
  int code = 0;          ///< 0: none
  std::string status;    ///< "4.4.7"; empty: none
};

/// Reads one line: {"recipient": …, "result": …, "code": …, "status": …, "handover": …}. Throws std::runtime_error
/// that says what is wrong with it.
ResultLine read_result_line(std::string_view line, const std::vector<Handover>& handovers);

/// The result file of a run, read on from where it was last left.
class ResultFile {
 public:
  static constexpr std::size_t size_limit = std::size_t{4} << 20U; ///< bytes that are read
  using Record = std::function<void(const journal::Body&)>;

  explicit ResultFile(std::filesystem::path file) : file_(std::move(file)) {}

  /// Records a Result for each line that came since; for one that is wrong, and for a file that can't be read, it has
  /// the problem. `last`: nothing more will be written, so that a last line without its end counts, too.
  void read_on(const std::vector<Handover>& handovers, bool last, const Record& record);

 private:
  /// What comes next in the file; empty: nothing yet. Never waits. Throws std::runtime_error.
  std::string read_piece();
  void complain(const std::string& what, const Record& record) const;
  void take(std::string_view line, const std::vector<Handover>& handovers, const Record& record);

  std::filesystem::path file_;
  std::size_t position_ = 0; ///< bytes that were read
  std::size_t lines_ = 0;
  std::size_t wrong_lines_ = 0;
  std::string rest_; ///< the beginning of a line
  bool too_long_ = false;
  bool was_unreadable_ = false;
};

} // namespace tempfail::cli
