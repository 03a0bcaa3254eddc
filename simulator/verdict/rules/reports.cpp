// How a notification is built, what it quotes and returns, and that its word is final; and whether requests for
// notifications are passed on.
#include "base/ascii.hpp"
#include "verdict/esmtp_requests.hpp"
#include "verdict/notifications.hpp"
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace tempfail::verdict {
namespace {

using scenario::Level;

/// What a scenario expects and nothing was seen of; elsewhere there is nothing to say.
Check nothing_seen(const scenario::Expectation* expectation, const char* why) {
  return expectation == nullptr ? Check{} : Check::not_applicable(why);
}

/// Notifications that were accepted, with what was seen of their content.
template <typename Visit>
void each_notification(const Case& observed, Visit&& visit) {
  for (const Transaction* notification : observed.notifications)
    if (notification->accepted != nullptr && notification->sender.empty() &&
        notification->facts() != nullptr)
      visit(*notification, *notification->facts());
}

/// Messages whose sender this notification went to.
std::vector<const Message*> messages_of(const Case& observed, const Transaction& notification) {
  std::vector<const Message*> found;
  for (const Message& message : observed.messages)
    if (is_addressed_to_sender_of(notification, message)) found.push_back(&message);
  return found;
}

std::string described(const journal::event::RecipientReport& report) {
  return std::string(report.recipient) + " " + std::string(report.action) + " " +
         std::string(report.status);
}

bool is_status(std::string_view text) {
  std::size_t digits = 0;
  std::size_t numbers = 1;
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0) return false;
      ++numbers;
      digits = 0;
    } else if (std::isdigit(static_cast<unsigned char>(c)) == 0 || ++digits > 3) {
      return false;
    }
  }
  return digits != 0 && numbers == 3 && text[1] == '.' &&
         (text[0] == '2' || text[0] == '4' || text[0] == '5');
}

/// What one recipient's group of fields lacks, or may not have; empty: nothing.
std::string wrong_with_group(const journal::event::RecipientReport& report) {
  constexpr std::array<std::string_view, 5> actions = {"failed", "delayed", "delivered", "relayed",
                                                       "expanded"};
  const std::string of = " (" + std::string(report.recipient) + ")";
  if (report.final_is_missing) return "Final-Recipient is missing" + of;
  if (report.action.empty()) return "Action is missing" + of;
  if (std::none_of(actions.begin(), actions.end(), [&](std::string_view word) {
        return base::equal_ignoring_case(word, report.action);
      }))
    return "`" + std::string(report.action) + "` is not a valid Action" + of;
  if (report.status.empty()) return "Status is missing" + of;
  if (!is_status(report.status))
    return "`" + std::string(report.status) + "` is not a valid Status" + of;
  if (!report.will_retry_until.empty() && !base::equal_ignoring_case(report.action, "delayed"))
    return "it has Will-Retry-Until, but is not about a delay" + of;
  return {};
}

/// What is wrong with how a report is built; empty: nothing.
std::string wrong_with_form(const journal::event::Content& content) {
  const journal::event::NotificationForm& form = content.form;
  constexpr std::string_view report_type = "multipart/report; report-type=delivery-status";
  if (!base::equal_ignoring_case(form.type, report_type))
    return "its type is " + std::string(form.type) + " instead of " + std::string(report_type);
  if (form.eight_bit_fields && form.status_type == "message/delivery-status")
    return "message/delivery-status has octets over 127, which need "
           "message/global-delivery-status";
  if (form.reporting_mta.empty()) return "Reporting-MTA is missing";
  if (content.reports.empty()) return "it reports on no recipient";
  for (const journal::event::RecipientReport& report : content.reports)
    if (std::string wrong = wrong_with_group(report); !wrong.empty()) return wrong;
  return {};
}

/// What is wrong with a notification's own envelope; empty: nothing.
std::string wrong_with_envelope(const Transaction& notification) {
  if (read_esmtp_requests(as_exchange(notification.mail)->parameters).ret)
    return "it was sent with RET";
  for (const RecipientReply& to : notification.recipients) {
    const EsmtpRequests requests = read_esmtp_requests(as_exchange(to.event)->parameters);
    if (requests.notify && *requests.notify != "NEVER")
      return "it was sent with NOTIFY=" + *requests.notify;
  }
  return {};
}

Check well_formed(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  std::size_t looked_at = 0;
  each_notification(observed, [&](const Transaction& notification,
                                  const journal::event::Content& content) {
    if (messages_of(observed, notification).empty() && observed.knows_handovers()) return;
    std::string wrong = wrong_with_envelope(notification);
    // What names no part with fields is a text for people, or nobody looked.
    const bool is_report = !content.form.status_type.empty() ||
                           base::equal_ignoring_case(
                               content.form.type, "multipart/report; report-type=delivery-status");
    if (is_report) ++looked_at;
    if (is_report && wrong.empty()) wrong = wrong_with_form(content);
    if (wrong.empty()) return;
    failures.add("a notification is not well-formed: " + wrong, {},
                 {evidence(*notification.content)});
  });
  if (!failures.empty()) return failures.check();
  return looked_at == 0 ? Check{} : Check::pass("the reports are well-formed (RFC 3464)");
}

/// What a report says of the recipient that its sender named, held against the hand-over; empty: it is so.
std::string wrong_original(const journal::event::RecipientReport& report, const Message& message) {
  const EsmtpRequests requests = requests_of(message);
  const std::string said = comparable_orcpt(report.original_recipient);
  if (requests.orcpt) {
    if (report.original_recipient.empty())
      return "Original-Recipient is missing, but ORCPT was " + *requests.orcpt;
    return said == *requests.orcpt
               ? std::string()
               : "Original-Recipient is " + said + ", but ORCPT was " + *requests.orcpt;
  }
  if (report.original_recipient.empty()) return {};
  // The sender under test is where the message was handed in: it knows for itself whom its sender named.
  const std::string named = comparable(said);
  const bool is_handed_over =
      std::any_of(message.deliveries.begin(), message.deliveries.end(), [&](const Delivery& it) {
        return named == "rfc822;" + it.recipient || named == "utf-8;" + it.recipient;
      });
  return is_handed_over ? std::string()
                        : "Original-Recipient is " + said + ", which the sender made up";
}

Check quotes(const Case& observed, const scenario::Expectation* expectation) {
  Failures failures;
  std::size_t looked_at = 0;
  const ReportedDeliveryIndex index(observed);
  const auto message_of = [&](const Transaction& notification,
                              const journal::event::RecipientReport& report) -> const Message* {
    for (const RecipientReply& to : notification.recipients)
      for (const ReportedDeliveries* found :
           {index.find(to.address, report.recipient), index.find(to.address)})
        if (found != nullptr && !found->all.empty())
          return &observed.messages[found->all.front().message];
    return nullptr;
  };
  each_notification(
      observed, [&](const Transaction& notification, const journal::event::Content& content) {
        for (const journal::event::RecipientReport& report : content.reports) {
          const Message* const message = message_of(notification, report);
          if (message == nullptr || message->handover == nullptr) continue;
          const EsmtpRequests requests = requests_of(*message);
          const bool says_nothing = report.original_recipient.empty();
          if (!requests.orcpt && !requests.envid && says_nothing && expectation == nullptr)
            continue;
          ++looked_at;
          std::string wrong = wrong_original(report, *message);
          const std::string said_id(content.form.original_envelope_id);
          const std::string asked_id = requests.envid.value_or(said_id);
          if (wrong.empty() && said_id != asked_id)
            wrong = (said_id.empty() ? std::string("Original-Envelope-Id is missing")
                                     : "Original-Envelope-Id is " + said_id) +
                    ", but ENVID was " + asked_id;
          if (wrong.empty()) continue;
          failures.add("a notification does not repeat the request: " + wrong, {},
                       {evidence(*notification.content, "notification: " + described(report))});
        }
      });
  if (!failures.empty()) return failures.check();
  return looked_at == 0
             ? nothing_seen(expectation, "no notification named an original recipient or envelope")
             : Check::pass("the notifications repeat what was handed over");
}

/// Whether the message's text came back: as a part of its own, or among the words for people.
bool returns_body(const journal::event::Content& content, const Message& message) {
  if (content.form.returned == "message") return true;
  const std::string mark = std::string(message.handover->id) + "-";
  for (const std::string_view found : words_of(content.marks))
    if (found.starts_with(mark)) return true;
  return false;
}

Check returns(const Case& observed, const scenario::Expectation* expectation) {
  Failures failures;
  std::size_t looked_at = 0;
  each_notification(
      observed, [&](const Transaction& notification, const journal::event::Content& content) {
        for (const Message* message : messages_of(observed, notification)) {
          const EsmtpRequests requests = requests_of(*message);
          if (!requests.header_only()) continue;
          ++looked_at;
          if (!returns_body(content, *message)) continue;
          failures.add("a notification returns the message's text, but " +
                           std::string(requests.requiretls ? "REQUIRETLS" : "RET=HDRS") +
                           " allows only its header",
                       {}, {evidence(*notification.content)});
        }
      });
  if (!failures.empty()) return failures.check();
  return looked_at == 0 ? nothing_seen(expectation, "no notification had to return only the header")
                        : Check::pass("the notifications returned only the header");
}

/// A recipient of whom it was said that it failed.
struct SaidToHaveFailed {
  Moment at{};
  std::size_t times = 0;
  const Transaction* notification = nullptr;
};

Check final_word(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  const ReportedDeliveryIndex index(observed);
  std::map<const ReportedDeliveries*, SaidToHaveFailed> said;
  each_notification(
      observed, [&](const Transaction& notification, const journal::event::Content& content) {
        for (const RecipientReply& to : notification.recipients)
          for (const journal::event::RecipientReport& report : content.reports) {
            const ReportedDeliveries* const subjects = index.find(to.address, report.recipient);
            if (subjects == nullptr || !may_be_about(observed, content, subjects->all)) continue;
            SaidToHaveFailed& before = said[subjects];
            const bool is_failure = base::equal_ignoring_case(report.action, "failed");
            if (before.times >= subjects->all.size() &&
                (is_failure || base::equal_ignoring_case(report.action, "delayed")))
              failures.add(
                  "a notification reports " + std::string(report.recipient) + " as " +
                      base::lower(report.action) + " " + in_words(notification.begin - before.at) +
                      " after one that reported it as failed",
                  {}, {evidence(*before.notification->content), evidence(*notification.content)});
            if (!is_failure) continue;
            if (before.times++ == 0) {
              before.at = notification.begin;
              before.notification = &notification;
            }
          }
      });
  for (const auto& [subjects, failed] : said) {
    // Of several messages from one to one, nobody knows which has failed.
    if (failed.times == 0 || subjects->all.size() != 1) continue;
    const Delivery& delivery = *subjects->all.front().delivery;
    for (const Try& attempt : delivery.tries) {
      // A connection that failed before MAIL may have been for another message.
      const bool is_for_it = attempt.transaction != nullptr || observed.messages.size() == 1;
      if (attempt.begin <= failed.at || !is_for_it) continue;
      failures.add(delivery.recipient + " was tried " + in_words(attempt.begin - failed.at) +
                       " after a notification had reported its failure",
                   {}, {evidence(*failed.notification->content), evidence(observed, attempt)});
      break;
    }
  }
  if (!failures.empty()) return failures.check();
  const bool any = std::any_of(said.begin(), said.end(),
                               [](const auto& entry) { return entry.second.times != 0; });
  return any ? Check::pass("no try and no notification followed the report of a failure") : Check{};
}

/// What of the requests is not in MAIL and RCPT as it was handed over; empty: all is.
std::string not_passed_on(const EsmtpRequests& asked, const Transaction& transaction,
                          const std::vector<const journal::event::Exchange*>& recipients) {
  const auto differs = [](std::string_view keyword, const std::optional<std::string>& wanted,
                          const std::optional<std::string>& sent) -> std::string {
    if (!wanted || wanted == sent) return {};
    return std::string(keyword) + "=" + *wanted +
           (sent ? " became " + std::string(keyword) + "=" + *sent : " was left out");
  };
  const auto* mail = as_exchange(transaction.mail);
  const EsmtpRequests of_mail =
      read_esmtp_requests(mail == nullptr ? std::string_view() : mail->parameters);
  std::string wrong = differs("RET", asked.ret, of_mail.ret);
  if (wrong.empty()) wrong = differs("ENVID", asked.envid, of_mail.envid);
  for (const journal::event::Exchange* rcpt : recipients) {
    const EsmtpRequests of_rcpt = read_esmtp_requests(rcpt->parameters);
    if (wrong.empty()) wrong = differs("NOTIFY", asked.notify, of_rcpt.notify);
    if (wrong.empty()) wrong = differs("ORCPT", asked.orcpt, of_rcpt.orcpt);
  }
  return wrong;
}

Check passes_on(const Case& observed, const scenario::Expectation* expectation) {
  Failures failures;
  std::size_t looked_at = 0;
  for (const Message& message : observed.messages) {
    const EsmtpRequests asked = requests_of(message);
    if (!asked.ret && !asked.envid && !asked.notify && !asked.orcpt) continue;
    for (const Delivery& delivery : message.deliveries)
      for (const Try& attempt : delivery.tries) {
        const Transaction* const transaction = attempt.transaction;
        if (transaction == nullptr || !is_offered(observed, *transaction, "DSN")) continue;
        std::vector<const journal::event::Exchange*> recipients;
        for (const RecipientReply& recipient : transaction->recipients)
          if (recipient.address == delivery.recipient)
            if (const auto* rcpt = as_exchange(recipient.event)) recipients.push_back(rcpt);
        ++looked_at;
        if (const std::string wrong = not_passed_on(asked, *transaction, recipients);
            !wrong.empty())
          failures.add("in a try for " + delivery.recipient + ", " + wrong, {},
                       {evidence(observed, attempt)});
      }
  }
  if (!failures.empty()) return failures.check();
  return looked_at == 0
             ? nothing_seen(expectation, "no DSN parameter reached a server that offers DSN")
             : Check::pass("the requests were passed on as they were handed over");
}

/// Whether a notification reports a success.
bool is_of_success(const journal::event::RecipientReport& report) {
  return base::equal_ignoring_case(report.action, "delivered") ||
         base::equal_ignoring_case(report.action, "relayed") ||
         base::equal_ignoring_case(report.action, "expanded");
}

/// Where NOTIFY was given, `notified` holds the notification against it.
Check success_on_request(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  Check check;
  const ReportedDeliveryIndex index(observed);
  const auto was_asked = [&](const ReportedDelivery& subject) {
    const Message& message = observed.messages[subject.message];
    return message.handover == nullptr || requests_of(message).notify;
  };
  each_notification(observed, [&](const Transaction& notification,
                                  const journal::event::Content& content) {
    for (const RecipientReply& to : notification.recipients)
      for (const journal::event::RecipientReport& report : content.reports) {
        const ReportedDeliveries* const about = index.find(to.address, report.recipient);
        if (about == nullptr) continue;
        if (check.outcome == Outcome::not_applicable)
          check = Check::pass("no success was reported without a request");
        if (is_of_success(report) && std::none_of(about->all.begin(), about->all.end(), was_asked))
          failures.add("a notification reports " + std::string(report.recipient) + " as " +
                           base::lower(report.action) + ", but NOTIFY was not given",
                       {}, {evidence(*notification.content, "notification: " + described(report))});
      }
  });
  return failures.empty() ? check : failures.check();
}

constexpr std::array reports_table = {
    Rule{
        {"notification-form",
         "A report is a multipart/report with Reporting-MTA and, for each recipient, "
         "Final-Recipient, Action and Status; its envelope does not ask for further notifications.",
         "RFC 3464 section 2.1, 2.2.2, 2.3.2 to 2.3.4 and 2.3.9, RFC 3461 section 6.1, RFC 6533 "
         "section 4",
         Keyword::must, Level::must, true},
        well_formed},
    Rule{{"original-recipient",
          "Original-Recipient and Original-Envelope-Id repeat ORCPT and ENVID, and are never made "
          "up.",
          "RFC 3461 section 6.3, RFC 3464 section 3", Keyword::must, Level::must, true},
         quotes},
    Rule{{"returned-content",
          "A notification returns only the message's header when RET=HDRS or REQUIRETLS asks for "
          "that.",
          "RFC 3461 section 4.3, RFC 8689 section 5", Keyword::stated, Level::must, true,
          "RFC 8689 says MUST; an author who asks for the header alone may not want the text sent "
          "again"},
         returns},
    Rule{{"failed-is-final",
          "The failure of a recipient is reported once, after the sender has given up; no try "
          "follows.",
          "RFC 3464 section 2.3.3 and section 3", Keyword::stated, Level::must, true,
          "an author who reads that a message was lost sends it again by other means"},
         final_word},
    Rule{{"passes-on",
          "NOTIFY, RET, ENVID and ORCPT are passed on unchanged to a server that offers DSN.",
          "RFC 3461 section 5.2.1", Keyword::must, Level::must, true},
         passes_on},
    Rule{{"success-on-request", "Success is reported only if NOTIFY=SUCCESS asks for that.",
          "RFC 3461 section 4.1", Keyword::stated, Level::should, true},
         success_on_request},
};

} // namespace

std::span<const Rule> report_rules() {
  return reports_table;
}

} // namespace tempfail::verdict
