// Reads result files. A sender wrote them: each line is checked, and none that is wrong goes unsaid.
#include "cli/result_file.hpp"

#include "cli/text.hpp"
#include "control/handovers.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace tempfail::cli {

namespace {

constexpr std::array<std::string_view, 5> keys = {"handover", "recipient", "result", "code",
                                                  "status"};
/// Each wrong line has a note, up to so many; then one says that there are more.
constexpr std::size_t max_notes = 100;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

/// The value of a key that is a text; empty when it is absent or null.
std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  if (!found->is_string()) fail(std::string("`") + key + "` is not a text");
  return found->get<std::string>();
}

int code_of(const nlohmann::json& object) {
  const auto found = object.find("code");
  if (found == object.end() || found->is_null()) return 0;
  if (!found->is_number_integer() || *found < control::min_reply_code ||
      *found > control::max_reply_code)
    fail("`code` is not a reply code from 200 to 599");
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
  if (found == handovers.end()) fail("there is no handover " + id);
  return *found;
}

} // namespace

ResultLine read_result_line(std::string_view line, const std::vector<Handover>& handovers) {
  const nlohmann::json object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object()) fail("the line is not a JSON object");
  for (const auto& entry : object.items())
    if (std::find(keys.begin(), keys.end(), entry.key()) == keys.end())
      fail("unknown key `" + entry.key() + "`");
  ResultLine result;
  const Handover& handover = handover_of(text_of(object, "handover"), handovers);
  result.handover = handover.id;
  result.recipient = text_of(object, "recipient");
  if (!result.recipient.empty() && !control::is_recipient(handover.recipients, result.recipient))
    fail("the message does not go to " + result.recipient);
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
    if (++wrong_lines_ > max_notes + 1) return;
    constexpr std::size_t shown = 100;
    const std::string text = wrong_lines_ > max_notes
                                 ? file_.filename().string() + " has more wrong lines"
                                 : file_.filename().string() + " line " + std::to_string(lines_) +
                                       ": " + wrong.what() + ": " + cut(line, shown);
    record(journal::event::Note{text});
  }
}

void ResultFile::read_on(const std::vector<Handover>& handovers, bool last, const Record& record) {
  std::ifstream in(file_, std::ios::binary);
  if (in) in.seekg(static_cast<std::streamoff>(position_));
  std::array<char, 16384> piece{};
  while (in && position_ < size_limit) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto count = static_cast<std::size_t>(in.gcount());
    position_ += count;
    rest_.append(piece.data(), count);
    std::size_t done = 0;
    for (std::size_t end = rest_.find('\n'); end != std::string::npos;
         end = rest_.find('\n', done)) {
      take(std::string_view(rest_).substr(done, end - done), handovers, record);
      done = end + 1;
    }
    rest_.erase(0, done);
  }
  if (position_ >= size_limit && !std::exchange(too_long_, true)) {
    const std::string text = file_.filename().string() + " is longer than " +
                             std::to_string(size_limit) + " bytes: what follows is not read";
    record(journal::event::Note{text});
  }
  if (!last || rest_.empty()) return;
  take(std::exchange(rest_, {}), handovers, record);
}

} // namespace tempfail::cli
