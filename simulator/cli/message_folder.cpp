// Writes messages, and deletes those that there is no room for any more.
#include "cli/message_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace tempfail::cli {

namespace {

/// 0, or why it failed. A file of an earlier run is written over.
int write_private(const std::filesystem::path& file, std::string_view text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return errno;
  int error = 0;
  while (!text.empty() && error == 0) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written > 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (written == 0 || errno != EINTR)
      error = written == 0 ? ENOSPC : errno;
  }
  if (::close(fd) != 0 && error == 0) error = errno;
  if (error != 0) ::unlink(file.c_str()); // a part of a message would be taken for the message
  return error;
}

} // namespace

std::string MessageFolder::keep_by_place(const session::AcceptedMail& mail) {
  std::string scenario = mail.scenario; // a forwarding host is called SCENARIO/first-host
  std::replace(scenario.begin(), scenario.end(), '/', '-');
  return keep(mail, scenario + "-" + std::to_string(mail.session) + "-" +
                        std::to_string(mail.transaction));
}

std::string MessageFolder::keep(const session::AcceptedMail& mail, const std::string& name) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return directory_.string() + ": " + error.message();
  const std::filesystem::path file = directory_ / (name + ".eml");
  if (const int failed = write_private(file, mail.content); failed != 0)
    return file.string() + ": " + std::generic_category().message(failed);
  files_.push_back({file, mail.content.size(), std::chrono::steady_clock::now()});
  bytes_ += mail.content.size();
  while (files_.size() > limits_.messages || (bytes_ > limits_.bytes && files_.size() > 1))
    delete_oldest();
  return {};
}

void MessageFolder::delete_oldest() {
  std::error_code error; // somebody else may have deleted it
  std::filesystem::remove(files_.front().path, error);
  bytes_ -= files_.front().size;
  files_.pop_front();
}

std::optional<std::chrono::steady_clock::time_point> MessageFolder::next_end() const {
  if (!limits_.age || files_.empty()) return std::nullopt;
  return files_.front().kept + *limits_.age;
}

void MessageFolder::delete_old() {
  const auto now = std::chrono::steady_clock::now();
  for (auto end = next_end(); end && *end <= now; end = next_end())
    delete_oldest();
}

std::vector<std::string> mail_files(const std::filesystem::path& folder,
                                    const std::filesystem::path& name) {
  constexpr std::size_t most = 10;
  std::vector<std::string> files;
  std::error_code error;
  for (const std::string& first : {std::string("message.eml"), std::string("message-2.eml")})
    if (std::filesystem::is_regular_file(folder / first, error))
      files.push_back((name / first).string());
  for (std::size_t i = 1; files.size() < most; ++i) {
    const std::string file = "received-" + std::to_string(i) + ".eml";
    if (!std::filesystem::is_regular_file(folder / file, error)) break;
    files.push_back((name / file).string());
  }
  return files;
}

void keep_accepted(MessageFolder& folder, net::Server& server, net::Clock& clock,
                   journal::Recorder& recorder) {
  server.on_accepted([&folder, &clock, &recorder](const session::AcceptedMail& mail) {
    const std::string trouble = folder.keep_next(mail);
    if (!trouble.empty()) recorder.record({clock.now(), 0, 0, journal::event::Note{trouble}});
  });
}

} // namespace tempfail::cli
