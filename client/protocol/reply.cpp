// Reads replies. Nothing is taken for granted: a reply may be cut anywhere, endless, or no reply at
// all.
#include "client/protocol/reply.hpp"

#include "base/ascii.hpp"
#include "base/printable.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::client {
namespace {

using base::is_digit;

/// A line fit to be shown, in which words may be apart by tabs.
std::string shown(std::string_view line) {
  return base::printable(line, "\t");
}

} // namespace

std::optional<Status> Reply::status() const {
  if (lines.empty()) {
    return std::nullopt;
  }
  auto status = Status::parse(lines.front());
  if (status && status->class_digit != code / 100) {
    return std::nullopt;
  }
  return status;
}

std::string Reply::text() const {
  std::string result;
  for (const std::string& line : lines) {
    if (!result.empty()) {
      result += ' ';
    }
    result += line;
  }
  return result;
}

void ReplyReader::clear() {
  line_.clear();
  line_bytes_ = 0;
  reply_ = {};
  error_.clear();
}

std::optional<Reply> ReplyReader::next(std::string_view& input) {
  while (!input.empty() && !failed()) {
    const std::size_t newline = input.find('\n');
    const std::string_view part = input.substr(0, newline);
    const std::size_t room =
        limits_.line_bytes_kept - std::min(line_.size(), limits_.line_bytes_kept);
    const bool whole = newline != std::string_view::npos && line_bytes_ == 0 && part.size() <= room;
    if (!whole) {
      line_.append(part.substr(0, room));
    }
    line_bytes_ += part.size();
    if (line_bytes_ > limits_.line_bytes) {
      fail("a reply line without end", line_);
      return std::nullopt;
    }
    if (newline == std::string_view::npos) {
      line_bytes_ = std::max<std::size_t>(line_bytes_, 1);
      input = {};
      return std::nullopt;
    }
    input.remove_prefix(newline + 1);
    const bool last = take_line(whole ? part : std::string_view(line_));
    line_.clear();
    line_bytes_ = 0;
    if (last) {
      return std::exchange(reply_, {});
    }
  }
  return std::nullopt;
}

/// Takes one line into the reply; true when it is the reply's last.
bool ReplyReader::take_line(std::string_view line) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  const bool has_code =
      line.size() >= 3 && is_digit(line[0]) && is_digit(line[1]) && is_digit(line[2]);
  const bool separated =
      line.size() == 3 || (line.size() > 3 && (line[3] == ' ' || line[3] == '-'));
  if (!has_code || !separated || line[0] < '2' || line[0] > '5') {
    fail("not an SMTP reply", line);
    return false;
  }
  const auto code =
      static_cast<std::uint16_t>((line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'));
  if (!reply_.lines.empty() && code != reply_.code) {
    fail("a reply whose lines have different codes", line);
    return false;
  }
  if (reply_.lines.size() >= limits_.lines) {
    fail("a reply with too many lines", line);
    return false;
  }
  reply_.code = code;
  reply_.lines.push_back(shown(line.substr(std::min<std::size_t>(4, line.size()))));
  return line.size() == 3 || line[3] == ' ';
}

void ReplyReader::fail(std::string_view what, std::string_view line) {
  error_ = std::string(what) + ": \"" + shown(line.substr(0, 80)) + '"';
}

} // namespace tempfail::client
