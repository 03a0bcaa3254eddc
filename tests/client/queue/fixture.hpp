// A folder for a queue, and the messages the tests put into it.
#pragma once

#include "client/queue/queue.hpp"

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace tempfail::client {

/// A folder of a test's own, gone at its end.
struct Folder {
  Folder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "tempfail-queue-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::system_error(errno, std::generic_category(), pattern);
    path = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path path;
};

inline const Moment start{std::chrono::seconds(1'700'000'000)};

inline Submission submission(std::vector<std::string> to, std::string from = "from@sender.test") {
  Submission result;
  result.sender = std::move(from);
  for (auto& address : to)
    result.recipients.push_back({.address = std::move(address)});
  result.content = std::make_shared<const std::string>("Subject: x\r\n\r\nHello\r\n");
  return result;
}

/// A transient failure as it is kept.
inline TryRecord failed_try(RecipientId recipient, Moment at) {
  TryRecord record;
  record.recipient = recipient;
  record.began = record.ended = at;
  record.result.failure = Failure::reply_4yz;
  record.result.status = {4, 3, 2};
  record.result.code = 432;
  record.result.text = "4.3.2 stopped";
  record.result.host = "mail.test";
  record.result.stage = Stage::mail;
  record.result.replied = true;
  record.rule = "queue-stopped";
  record.decision = "later";
  return record;
}

inline TryRecord delivered_try(RecipientId recipient, Moment at) {
  TryRecord record = failed_try(recipient, at);
  record.result.fate = Fate::delivered;
  record.result.failure = Failure::none;
  record.result.status = {2, 0, 0};
  record.result.code = 250;
  return record;
}

/// The first recipient of a message.
inline QueuedRecipient first_recipient(Queue& queue, MessageId message) {
  return queue.recipients(message).front();
}

} // namespace tempfail::client
