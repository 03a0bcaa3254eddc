// Reads result files. A sender wrote them: each line is checked, and none that is wrong goes unsaid.
#include "cli/result_file.hpp"

#include "cli/text.hpp"
#include "control/handovers.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace tempfail::cli {

namespace {

constexpr std::array<std::string_view, 5> keys = {"handover", "recipient", "result", "code",
                                                  "status"};
/// So many wrong lines are told of.
constexpr std::size_t max_problems = 100;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

/// The value of a key that is a text; empty when it is absent or null.
std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  if (!found->is_string()) fail(std::string("`") + key + "` is not a text in quotes");
  return found->get<std::string>();
}

int code_of(const nlohmann::json& object) {
  const auto found = object.find("code");
  if (found == object.end() || found->is_null()) return 0;
  if (!found->is_number_integer() || *found < control::min_reply_code ||
      *found > control::max_reply_code)
    fail("`code` is not a reply code from 200 to 599, as a number; leave it out where no reply "
         "came");
  return found->get<int>();
}

const Handover& handover_of(const std::string& id, const std::vector<Handover>& handovers) {
  if (id.empty()) {
    if (handovers.size() != 1)
      fail("`handover` is missing, and there are " + std::to_string(handovers.size()));
    return handovers.front();
  }
  const auto found = std::find_if(handovers.begin(), handovers.end(),
                                  [&](const Handover& one) { return one.id == id; });
  if (found == handovers.end()) {
    std::string allowed;
    for (const Handover& one : handovers)
      allowed += (allowed.empty() ? "" : ", ") + one.id;
    fail("there is no handover " + id + "; allowed: " + allowed);
  }
  return *found;
}

} // namespace

ResultLine read_result_line(std::string_view line, const std::vector<Handover>& handovers) {
  const nlohmann::json object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object()) fail("the line is not a JSON object");
  for (const auto& entry : object.items())
    if (std::find(keys.begin(), keys.end(), entry.key()) == keys.end())
      fail("unknown key `" + entry.key() + "`; allowed: handover, recipient, result, code, status");
  ResultLine result;
  const Handover& handover = handover_of(text_of(object, "handover"), handovers);
  result.handover = handover.id;
  result.recipient = text_of(object, "recipient");
  if (!result.recipient.empty() && !control::is_recipient(handover.recipients, result.recipient))
    fail("the message does not go to " + result.recipient +
         "; allowed: " + joined(handover.recipients, ", "));
  result.result = text_of(object, "result");
  if (!control::is_result_word(result.result))
    fail("`result` is not one of " + std::string(control::result_words));
  result.code = code_of(object);
  result.status = text_of(object, "status");
  if (!result.status.empty() && !control::is_status_code(result.status))
    fail("`status` is not an enhanced status code such as 4.4.7");
  return result;
}

void ResultFile::take(std::string_view line, const std::vector<Handover>& handovers,
                      const Record& record) {
  ++lines_;
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  try {
    const ResultLine read = read_result_line(line, handovers);
    journal::event::Result result;
    result.handover = read.handover;
    result.recipient = read.recipient;
    result.result = read.result;
    result.code = read.code;
    result.status = read.status;
    record(result);
  } catch (const std::runtime_error& wrong) {
    if (++wrong_lines_ > max_problems + 1) return;
    constexpr std::size_t shown = 100;
    if (wrong_lines_ > max_problems) return complain("it has more wrong lines", record);
    complain("line " + std::to_string(lines_) + ": " + wrong.what() + ": " + cut(line, shown),
             record);
  }
}

void ResultFile::complain(const std::string& what, const Record& record) const {
  const std::string text = "the result file " + file_.filename().string() + ": " + what;
  journal::event::Result result;
  result.problem = text;
  record(result);
}

std::string ResultFile::read_piece() {
  const int file = ::open(file_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) {
    const int why = errno;
    // A sender that has nothing to say writes no file.
    if (why != ENOENT)
      throw std::runtime_error(std::string("it can't be read: ") + std::strerror(why));
    struct stat link {};
    if (::lstat(file_.c_str(), &link) == 0)
      throw std::runtime_error("it is a link to a file that is not there");
    return {};
  }
  struct stat info {};
  const bool is_file = ::fstat(file, &info) == 0 && S_ISREG(info.st_mode);
  std::string piece(std::min(size_limit - position_, std::size_t{1} << 16U), '\0');
  const ssize_t count =
      is_file ? ::pread(file, piece.data(), piece.size(), static_cast<off_t>(position_)) : 0;
  ::close(file);
  if (!is_file) throw std::runtime_error("it is not a regular file");
  piece.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  position_ += piece.size();
  return piece;
}

void ResultFile::read_on(const std::vector<Handover>& handovers, bool last, const Record& record) {
  try {
    for (std::string piece = read_piece(); !piece.empty(); piece = read_piece()) {
      rest_ += piece;
      std::size_t done = 0;
      for (std::size_t end = rest_.find('\n'); end != std::string::npos;
           end = rest_.find('\n', done)) {
        take(std::string_view(rest_).substr(done, end - done), handovers, record);
        done = end + 1;
      }
      rest_.erase(0, done);
    }
  } catch (const std::runtime_error& wrong) {
    if (last && !std::exchange(was_unreadable_, true)) complain(wrong.what(), record);
  }
  if (position_ >= size_limit && !std::exchange(too_long_, true)) {
    complain("it is longer than " + std::to_string(size_limit) +
                 " bytes, and what follows was not read",
             record);
  }
  if (!last || rest_.empty()) return;
  take(std::exchange(rest_, {}), handovers, record);
}

} // namespace tempfail::cli
