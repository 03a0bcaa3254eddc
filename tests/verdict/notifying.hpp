// Notifications in journals that tests write, and what is found of them.
#pragma once

#include "conversation.hpp"
#include "findings.hpp"

namespace tempfail::verdict::test {

inline constexpr std::string_view with_dsn = "250-mx\r\n250 DSN";

inline journal::event::RecipientReport failed(const char* status,
                                              const char* recipient = "b@rcpt.test") {
  journal::event::RecipientReport report;
  report.recipient = recipient;
  report.action = "failed";
  report.status = status;
  return report;
}

/// A notification from <>; without reports it is a text for people.
inline Conversation& notify(Conversation& talk, std::uint64_t session, Moment at,
                            std::vector<journal::event::RecipientReport> reports,
                            const std::string& to = "a@sender.test") {
  talk.session(session, at).ehlo().mail("250 Ok", "").rcpt("250 Ok", to).data();
  return talk.content("", {}, std::move(reports)).message().quit();
}

/// All recipients are refused for good, or with this reply.
inline Conversation refused(std::vector<std::string> recipients = {"b@rcpt.test"},
                            std::string_view reply = "550 No such user") {
  Conversation talk;
  talk.handover("1", recipients).sender_started();
  talk.session(1, Moment()).ehlo(with_dsn).mail();
  for (const std::string& recipient : recipients)
    talk.rcpt(reply, recipient);
  return talk.quit();
}

inline Finding found(const Conversation& talk, std::string_view rule,
                     std::vector<scenario::Expectation> expected = {}) {
  return finding(judge(expecting(std::move(expected)), talk.journal()), rule);
}

inline Finding notified(const Conversation& talk, scenario::ExpectationValue value) {
  return found(talk, "notified", {must("notified", std::move(value))});
}

/// With this lifetime of the sender's queue, watched for so long.
inline Conversation lasting(Conversation talk, Duration lifetime, Moment to) {
  journal::event::Run run;
  run.queue_lifetime = lifetime;
  run.notifications_come = true;
  return talk.run(run).finish(to);
}

} // namespace tempfail::verdict::test
