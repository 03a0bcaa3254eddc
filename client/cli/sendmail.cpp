// The sendmail-compatible mode: takes the options that callers use, and puts the message into the queue.
#include "client/cli/sendmail.hpp"

#include "client/cli/command.hpp"
#include "client/cli/enqueue.hpp"

#include <algorithm>
#include <string_view>

namespace tempfail::client {
namespace {

/// Options with a value, joined to them or as the next argument.
constexpr std::string_view with_value = "fFrNRVBoLOpXACDhdq";

class Arguments {
 public:
  explicit Arguments(const std::vector<std::string>& all) : all_(all) {}

  MessageOptions read() {
    options_.dot_ends = true;
    while (next_ < all_.size()) {
      const std::string& argument = all_[next_++];
      if (argument == "--") break;
      if (argument.size() < 2 || argument.front() != '-') {
        --next_;
        break;
      }
      option(argument);
    }
    options_.recipients.insert(options_.recipients.end(),
                               all_.begin() + static_cast<std::ptrdiff_t>(next_), all_.end());
    return std::move(options_);
  }

 private:
  void option(const std::string& argument) {
    const char letter = argument[1];
    if (letter == 'b') return mode(argument);
    if (with_value.find(letter) != std::string_view::npos) {
      // -oi, -odb: sendmail's one-letter options always carry their value along.
      const bool joined = argument.size() > 2 || letter == 'o' || letter == 'q' || letter == 'd';
      if (!joined && next_ >= all_.size())
        throw CommandError(exit_usage, argument + " needs a value");
      return valued(letter, joined ? argument.substr(2) : all_[next_++]);
    }
    for (const char flag : std::string_view{argument}.substr(1)) {
      switch (flag) {
      case 't': options_.recipients_from_header = true; break;
      case 'i': options_.dot_ends = false; break;
      case 'v':
      case 'n':
      case 'm':
      case 'U':
      case 'G': break; // no meaning here
      default: throw CommandError(exit_usage, "unknown option -" + std::string(1, flag));
      }
    }
  }

  void valued(char letter, const std::string& value) {
    switch (letter) {
    case 'f':
    case 'r': options_.sender = value == "<>" ? std::string{} : value; break;
    case 'F': options_.full_name = value; break;
    case 'N': options_.notify = value; break;
    case 'R': options_.dsn_return = value; break;
    case 'V': options_.envelope_id = value; break;
    case 'o':
      if (value == "i") options_.dot_ends = false;
      break; // others are hints to a sendmail
    case 'q':
      throw CommandError(exit_usage,
                         "-q is not supported: use `tempfail-send run` to deliver the queue");
    default: break; // -B, -L, -O, …: hints to a sendmail
    }
  }

  static void mode(const std::string& argument) {
    if (argument == "-bm") return;
    throw CommandError(exit_usage, argument + ": only -bm (accept a message) is supported");
  }

  const std::vector<std::string>& all_;
  std::size_t next_ = 0;
  MessageOptions options_;
};

} // namespace

bool called_as_sendmail(const std::string& program, const std::vector<std::string>& arguments) {
  const auto name = program.substr(program.rfind('/') + 1);
  if (name == "sendmail") return true;
  if (arguments.empty()) return false;
  const std::string& first = arguments.front();
  // "-h" and long options are this program's own; any other short option is sendmail's.
  return first.size() >= 2 && first[0] == '-' && first[1] != '-' && first != "-h";
}

int sendmail(const std::vector<std::string>& arguments) {
  enqueue(Arguments{arguments}.read(), {});
  return exit_ok;
}

} // namespace tempfail::client
