// The client's side of an SMTP dialogue, step by step.
#include "relay/forward_dialogue.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <utility>

namespace tempfail::relay {
namespace {

constexpr std::size_t longest_reply = std::size_t{64} << 10U; // bytes; more is no SMTP

/// The code of a reply's line; 0: it is none.
int code_of(std::string_view line) {
  if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, base::is_digit)) return 0;
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return 0;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

bool is_success(int code) {
  return code >= 200 && code < 300;
}

bool has_eight_bit(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 127; });
}

} // namespace

std::string stuffed(std::string_view content) {
  std::string out;
  out.reserve(content.size() + content.size() / 64 + 5);
  bool line_begins = true;
  for (const char c : content) {
    if (line_begins && c == '.') out += '.';
    out += c;
    line_begins = c == '\n';
  }
  if (!line_begins) out += "\r\n";
  out += ".\r\n";
  return out;
}

ForwardDialogue::ForwardDialogue(const Mail& mail, std::string hostname)
    : mail_(mail), hostname_(std::move(hostname)) {}

std::string ForwardDialogue::receive(std::string_view bytes) {
  std::string out;
  input_ += bytes;
  while (!has_ended()) {
    const std::size_t end = input_.find('\n');
    if (end == std::string::npos) break;
    std::string line = input_.substr(0, end);
    input_.erase(0, end + 1);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const int code = code_of(line);
    if (code == 0) {
      lost("the server's reply is not SMTP: " + line.substr(0, 100));
      break;
    }
    if (step_ == Step::ehlo && line.substr(std::min<std::size_t>(4, line.size())) == "8BITMIME")
      eight_bit_mime_ = true;
    reply_ += (reply_.empty() ? "" : "\n") + line;
    if (line.size() > 3 && line[3] == '-') continue;
    out += answer(code);
    reply_.clear();
  }
  if (input_.size() + reply_.size() > longest_reply) lost("the server's reply has no end");
  return out;
}

void ForwardDialogue::lost(std::string_view why) {
  if (has_ended()) return;
  step_ = Step::over;
  if (decided_) return;
  outcome_.code = 0;
  outcome_.reply = why;
}

std::string ForwardDialogue::answer(int code) {
  switch (step_) {
  case Step::greeting:
    if (!is_success(code)) return decide(code);
    step_ = Step::ehlo;
    return "EHLO " + hostname_ + "\r\n";
  case Step::ehlo:
    if (!is_success(code)) return decide(code);
    step_ = Step::mail;
    return mail_command();
  case Step::mail: return is_success(code) ? next_recipient() : decide(code);
  case Step::rcpt:
    if (is_success(code)) {
      ++accepted_;
    } else {
      last_refusal_ = code;
      last_refusal_text_ = reply_;
      if (code >= 500) outcome_.refused.push_back(mail_.recipients[recipient_ - 1]);
    }
    return next_recipient();
  case Step::data:
    if (code < 300 || code > 399) return decide(code);
    step_ = Step::content;
    return stuffed(mail_.content);
  case Step::content: return decide(code);
  case Step::quit:
  case Step::over: step_ = Step::over; return {};
  }
  return {};
}

std::string ForwardDialogue::mail_command() const {
  const bool eight_bit = eight_bit_mime_ && has_eight_bit(mail_.content);
  return "MAIL FROM:<" + mail_.sender + (eight_bit ? "> BODY=8BITMIME\r\n" : ">\r\n");
}

std::string ForwardDialogue::next_recipient() {
  if (recipient_ < mail_.recipients.size()) {
    step_ = Step::rcpt;
    return "RCPT TO:<" + mail_.recipients[recipient_++] + ">\r\n";
  }
  if (accepted_ == 0) {
    reply_ = last_refusal_text_;
    outcome_.refused.clear();
    return decide(last_refusal_);
  }
  step_ = Step::data;
  return "DATA\r\n";
}

/// The reply at hand decides; all that is left is to take leave.
std::string ForwardDialogue::decide(int code) {
  decided_ = true;
  outcome_.code = code;
  outcome_.reply = reply_;
  return leave();
}

std::string ForwardDialogue::leave() {
  step_ = Step::quit;
  return "QUIT\r\n";
}

} // namespace tempfail::relay
