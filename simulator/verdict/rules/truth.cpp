// Whether notifications are true: what they say is held against what happened.
#include "base/ascii.hpp"
#include "scenario/hosts.hpp"
#include "verdict/esmtp_requests.hpp"
#include "verdict/notifications.hpp"
#include "verdict/quoted_reply.hpp"
#include "verdict/reasons_to_return.hpp"
#include "verdict/rule.hpp"
#include "verdict/words.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace tempfail::verdict {
namespace {

using scenario::Level;

/// What is wrong with a status; empty: nothing. A general one (x.0.0, a subject with detail 0) is right, and after a
/// give-up those that say so (RFC 3464 section 2.3.3).
std::string wrong_with(const journal::event::RecipientReport& report, const Try* last) {
  const std::string_view status = report.status;
  if (status.size() < 5) return {};
  const bool failed = base::equal_ignoring_case(report.action, "failed");
  if (status[0] == '2' && (failed || base::equal_ignoring_case(report.action, "delayed")))
    return "a notification's status " + std::string(status) + " means success";
  if (status[0] == '5' && base::equal_ignoring_case(report.action, "delayed"))
    return "a notification's status " + std::string(status) +
           " is permanent, but the message is only delayed";
  const auto* exchange = last == nullptr ? nullptr : as_exchange(last->event);
  const std::string_view said =
      exchange == nullptr ? std::string_view() : enhanced_status(exchange->reply);
  const bool of_failure = said.starts_with('4') || said.starts_with('5');
  if (!failed || status == "4.0.0") return {};
  if (status[0] == '4' && last != nullptr && last->result == TryResult::permanent)
    return "a notification's status " + std::string(status) +
           " is temporary, but the server rejected the message: " + std::to_string(last->code);
  if (!of_failure || status.ends_with(".0")) return {};
  const bool gave_up = is_temporary(last->result);
  const std::string_view detail = status.substr(1);
  if (detail == said.substr(1) || (gave_up && (status[0] == '4' || detail == ".4.7"))) return {};
  return "a notification's status " + std::string(status) +
         " is not the server's: " + std::string(said);
}

/// No host that mail for the recipients goes to was known: the name server gave no address of any.
bool no_host_was_known(const Case& observed) {
  if (observed.queries.empty() || !scenario::needs_name_server(*observed.scenario)) return false;
  const std::vector<scenario::Host> hosts = scenario::hosts_of(*observed.scenario);
  return std::none_of(
      observed.queries.begin(), observed.queries.end(), [&](const journal::Event* event) {
        const auto& query = std::get<journal::event::Query>(event->body);
        const bool is_address = query.type == "A" || query.type == "AAAA";
        return is_address && !query.records.empty() &&
               std::any_of(hosts.begin(), hosts.end(), [&](const scenario::Host& host) {
                 return base::equal_ignoring_case(host.name, query.name) &&
                        scenario::takes_mail(*observed.scenario, host);
               });
      });
}

/// What is wrong with the server that a report names and quotes; empty: nothing.
std::string wrong_with_remote(const Case& observed, const SaidReplies& said,
                              const journal::event::RecipientReport& report) {
  if (std::string wrong = said.wrong_with(report.diagnostic); !wrong.empty()) return wrong;
  if (!report.remote_mta.empty() && no_host_was_known(observed))
    return "a notification's Remote-MTA is " + std::string(report.remote_mta) +
           ", but no server was involved";
  return {};
}

/// A notification of a delay may be on its way for so long when the message arrives.
constexpr Duration longest_way = std::chrono::hours(1);

/// When a report was told, and since when it may have been on its way: one that was put off says what was true when it
/// was written.
struct Telling {
  Moment at{};
  std::optional<Moment> may_wait_since{};
  Moment mailed{};        ///< the latest moment at which it can have been written
  bool came_back = false; ///< the message, to a server of the sender's that took it
  /// A first try by then was at once, if it is known when messages were handed over, and every try is seen.
  std::optional<Moment> first_try_by{};
};

/// The first try, if it had its result soon after the message was handed over: there was no delay to tell of.
const Try* done_at_once(const Delivery& delivery, const Telling& told) {
  if (!told.first_try_by || delivery.tries.empty()) return nullptr;
  const Try& first = delivery.tries.front();
  const bool is_done = first.result == TryResult::permanent ||
                       (first.result == TryResult::accepted && !first.reply_lost);
  const bool may_be_older = told.may_wait_since && *told.may_wait_since < first.end;
  return is_done && !may_be_older && first.begin <= *told.first_try_by ? &first : nullptr;
}

/// The server was asked to tell of a success itself, and offers to do so.
bool was_taken_over(const Case& observed, const Delivery& delivery, const Try& attempt) {
  if (attempt.transaction == nullptr || !is_offered(observed, *attempt.transaction, "DSN"))
    return false;
  return std::any_of(attempt.transaction->recipients.begin(), attempt.transaction->recipients.end(),
                     [&](const RecipientReply& one) {
                       const auto* rcpt = as_exchange(one.event);
                       if (one.address != delivery.recipient || rcpt == nullptr) return false;
                       const EsmtpRequests passed_on = read_esmtp_requests(rcpt->parameters);
                       return passed_on.notify &&
                              passed_on.notify->find("SUCCESS") != std::string::npos;
                     });
}

/// What comes back to the sender's own server is the sender's again, and may fail there.
bool came_back(const Case& observed) {
  return std::any_of(observed.forwarded.begin(), observed.forwarded.end(), [](const auto* event) {
    const auto& what = std::get<journal::event::Forwarded>(event->body);
    return what.to == "sender" && what.code >= 200 && what.code < 300;
  });
}

/// The first time at which a notification was put off, or a connection failed before anybody knew what it was for.
std::optional<Moment> first_put_off(const Case& observed) {
  std::optional<Moment> first;
  const auto note = [&first](Moment at) { first = std::min(first.value_or(at), at); };
  for (const Transaction* notification : observed.notifications)
    if (notification->accepted == nullptr) note(notification->begin);
  for (const Session& session : observed.sessions)
    if (session.transactions.empty()) note(session.begin);
  return first;
}

/// Delivered, relayed to a server that does not notify, or expanded into a list: each follows an acceptance (RFC 3461
/// section 6.2.4).
bool says_it_arrived(const journal::event::RecipientReport& report) {
  constexpr std::array<std::string_view, 3> actions = {"delivered", "relayed", "expanded"};
  return std::any_of(actions.begin(), actions.end(), [&](std::string_view action) {
    return base::equal_ignoring_case(report.action, action);
  });
}

/// What is wrong with a report, if it is about this delivery; empty: nothing.
std::string wrong_about(const Case& observed, const Delivery& delivery,
                        const journal::event::RecipientReport& report, const Telling& told) {
  const Moment told_at = told.at;
  const auto accepted_before = [told_at](const Try& attempt) {
    return attempt.result == TryResult::accepted && !attempt.reply_lost && attempt.end <= told_at;
  };
  if (base::equal_ignoring_case(report.action, "failed") &&
      std::any_of(delivery.tries.begin(), delivery.tries.end(), accepted_before))
    return told.came_back ? std::string()
                          : delivery.recipient + " is reported as failed, but was accepted";
  const auto accepted_long_before = [&told](const Try& attempt) {
    const bool may_be_older = told.may_wait_since && *told.may_wait_since < attempt.end;
    return attempt.result == TryResult::accepted && !attempt.reply_lost && !may_be_older &&
           attempt.end + longest_way <= told.at;
  };
  const bool delayed = base::equal_ignoring_case(report.action, "delayed");
  if (delayed && std::any_of(delivery.tries.begin(), delivery.tries.end(), accepted_long_before))
    return delivery.recipient + " is reported as delayed, but was accepted";
  const Try* const at_once = delayed && !told.came_back ? done_at_once(delivery, told) : nullptr;
  if (at_once != nullptr && at_once->end <= told_at)
    return delivery.recipient + " is reported as delayed, but was " +
           (at_once->result == TryResult::accepted ? "accepted" : "rejected") + " at once";
  const auto accepted_by_then = [&told](const Try& attempt) {
    return attempt.result == TryResult::accepted && attempt.end <= told.mailed;
  };
  if (says_it_arrived(report) && !told.came_back &&
      std::none_of(delivery.tries.begin(), delivery.tries.end(), accepted_by_then))
    return delivery.recipient + " is reported as " + base::lower(report.action) +
           ", but had not been accepted";
  const auto taken_over = [&](const Try& attempt) {
    return accepted_by_then(attempt) && was_taken_over(observed, delivery, attempt);
  };
  if (says_it_arrived(report) && !base::equal_ignoring_case(report.action, "expanded") &&
      std::any_of(delivery.tries.begin(), delivery.tries.end(), taken_over))
    return delivery.recipient + " is reported as " + base::lower(report.action) +
           ", but NOTIFY=SUCCESS was passed on to a server that offers DSN, which tells of it "
           "itself";
  const Try* last = nullptr;
  for (const Try& attempt : delivery.tries)
    if (attempt.end <= told_at || last == nullptr) last = &attempt;
  return wrong_with(report, last);
}

/// Compares a report with the deliveries that it may be about: what is true of one of them is true. Many are
/// not compared: only what is true of none whatsoever is wrong then.
std::string wrong_about(const Case& observed, const std::vector<ReportedDelivery>& subjects,
                        const journal::event::RecipientReport& report, const Telling& told) {
  constexpr std::size_t max_compared = 64;
  if (subjects.size() > max_compared) return wrong_with(report, nullptr);
  std::string wrong;
  for (const ReportedDelivery& subject : subjects) {
    const std::string here = wrong_about(observed, *subject.delivery, report, told);
    if (here.empty()) return here;
    if (wrong.empty()) wrong = here;
  }
  return wrong;
}

/// Everything that was sent from this address arrived at the first try, and its sender saw it each time; by then, or so
/// soon after it was handed over that nothing can have been told of it before.
bool all_arrived(const ReportedDeliveries& sent, const Telling& told) {
  return std::all_of(sent.all.begin(), sent.all.end(), [&](const ReportedDelivery& subject) {
    const auto& tries = subject.delivery->tries;
    return !tries.empty() && std::all_of(tries.begin(), tries.end(), [&](const Try& attempt) {
      const bool was_tried_later =
          attempt.begin > told.at && done_at_once(*subject.delivery, told) != nullptr;
      return attempt.result == TryResult::accepted && !attempt.reply_lost &&
             (attempt.end <= told.at || was_tried_later);
    });
  });
}

bool asked_for_success(const Case& observed, const ReportedDeliveries& sent) {
  return std::any_of(sent.all.begin(), sent.all.end(), [&](const ReportedDelivery& subject) {
    const EsmtpRequests requests = requests_of(observed.messages[subject.message]);
    return requests.notify && requests.notify->find("SUCCESS") != std::string::npos;
  });
}

/// A text for people says nothing that can be compared, but somebody whose messages all arrived is to be told nothing.
bool is_needless_text(const Case& observed, const ReportedDeliveryIndex& index,
                      const Transaction& notification, const Telling& told) {
  if (!observed.knows_handovers() || !notification.sender.empty() ||
      notification.accepted == nullptr)
    return false;
  return std::any_of(notification.recipients.begin(), notification.recipients.end(),
                     [&](const RecipientReply& to) {
                       const ReportedDeliveries* sent = index.find(to.address);
                       return sent != nullptr && all_arrived(*sent, told) &&
                              !asked_for_success(observed, *sent);
                     });
}

bool asks_for_arrival(const scenario::Expectation& one) {
  const auto* const word = std::get_if<std::string>(&one.value);
  return one.name == "delivered" && word != nullptr && *word != "never";
}

/// Failed, though nobody tried it and nothing else had failed: where the scenario does not ask whether it arrives,
/// which says so itself.
class Untried {
 public:
  explicit Untried(const Case& observed) : reasons_(observed) {
    const auto& expected = observed.scenario->expected(observed.tls_policy);
    is_asked_ = observed.knows_handovers() &&
                std::none_of(expected.begin(), expected.end(),
                             [](const auto& one) { return asks_for_arrival(one); });
  }
  std::string wrong_with(const std::vector<ReportedDelivery>& subjects,
                         const journal::event::RecipientReport& report, Moment at) const {
    if (!is_asked_ || !base::equal_ignoring_case(report.action, "failed")) return {};
    const bool is_wrong =
        std::all_of(subjects.begin(), subjects.end(), [&](const ReportedDelivery& subject) {
          return subject.delivery->tries.empty() && !reasons_.was_one(*subject.delivery, at);
        });
    return is_wrong ? std::string(report.recipient) + " is reported as failed, but was never tried"
                    : std::string();
  }

 private:
  ReasonsToReturn reasons_;
  bool is_asked_ = false;
};

/// In which a sender begins with what it was handed over; a program needs real time to start.
Duration longest_start(const Case& observed) {
  return std::max<Duration>(std::chrono::minutes(10),
                            observed.in_protocol_time(std::chrono::seconds(2)));
}

/// Holds notifications against what happened.
class Truth {
 public:
  explicit Truth(const Case& observed)
      : observed_(observed), index_(observed), untried_(observed), said_(observed),
        put_off_(first_put_off(observed)), came_back_(came_back(observed)) {
    if (observed.knows_handovers() && observed.outages.empty() && observed.unanswered.empty())
      first_try_by_ = observed.first + longest_start(observed);
  }

  void look_at(const Transaction& notification) {
    const auto* content = notification.facts();
    if (content == nullptr) return;
    const Telling told = {notification.begin, put_off_,
                          as_exchange(notification.mail)->asked + timing_tolerance(observed_),
                          came_back_, first_try_by_};
    if (content->reports.empty()) look_at_text(notification, *content, told);
    std::vector<ReportedDelivery> all_about;
    for (const journal::event::RecipientReport& report : content->reports) {
      ++looked_at_;
      if (report.recipient.empty()) continue; // a matter of the form
      if (const ReportedDeliveries* const about = about_whom(notification, report)) {
        all_about.insert(all_about.end(), about->all.begin(), about->all.end());
        fail(notification, report, wrong_with(*about, report, told));
      } else if (observed_.knows_handovers()) {
        fail(notification, report,
             "a notification names " + std::string(report.recipient) +
                 ", to which nothing was sent");
      }
    }
    if (!all_about.empty() && !may_be_about(observed_, *content, all_about))
      fail(notification, content->reports.front(),
           "a notification about " + std::string(content->reports.front().recipient) +
               " returns another message");
  }

  Check check() const {
    if (!failures_.empty()) return failures_.check();
    return looked_at_ == 0 ? Check{} : Check::pass("the notifications are true");
  }

 private:
  void look_at_text(const Transaction& notification, const journal::event::Content& content,
                    const Telling& told) {
    if (!observed_.asked_recipients.empty()) return;
    const std::vector<Evidence> shown = {
        evidence(*notification.content, "a notification in plain text")};
    if (!came_back_ && is_needless_text(observed_, index_, notification, told))
      failures_.add("a notification came, although all recipients had accepted the message", {},
                    shown);
    for (const RecipientReply& to : notification.recipients) {
      const ReportedDeliveries* const sent = index_.find(to.address);
      if (sent != nullptr && !may_be_about(observed_, content, sent->all))
        failures_.add("a notification to " + to.address + " returns somebody else's message", {},
                      shown);
    }
  }

  /// A copy for the postmaster is about somebody else's message.
  const ReportedDeliveries* about_whom(const Transaction& notification,
                                       const journal::event::RecipientReport& report) const {
    const ReportedDeliveries* about = nullptr;
    for (const RecipientReply& to : notification.recipients)
      if (const ReportedDeliveries* found = index_.find(to.address, report.recipient))
        about = found;
    return about != nullptr ? about : index_.find_recipient(report.recipient);
  }

  std::string wrong_with(const ReportedDeliveries& about,
                         const journal::event::RecipientReport& report, const Telling& told) const {
    std::string wrong = wrong_about(observed_, about.all, report, told);
    if (wrong.empty()) wrong = untried_.wrong_with(about.all, report, told.at);
    return wrong.empty() ? wrong_with_remote(observed_, said_, report) : wrong;
  }

  void fail(const Transaction& notification, const journal::event::RecipientReport& report,
            const std::string& wrong) {
    if (wrong.empty()) return;
    failures_.add(wrong, {},
                  {evidence(*notification.content,
                            "notification: " + std::string(report.recipient) + " " +
                                std::string(report.action) + " " + std::string(report.status))});
  }

  const Case& observed_;
  ReportedDeliveryIndex index_;
  Untried untried_;
  SaidReplies said_;
  std::optional<Moment> put_off_;
  bool came_back_ = false;
  std::optional<Moment> first_try_by_;
  Failures failures_;
  std::size_t looked_at_ = 0;
};

Check truthful(const Case& observed, const scenario::Expectation*) {
  Truth truth(observed);
  for (const Transaction* notification : observed.notifications)
    truth.look_at(*notification);
  return truth.check();
}

constexpr std::array truth_table = {
    Rule{{"true-notification",
          "A notification truthfully names the recipient, the result and the status.",
          "RFC 3464 section 2.3", Keyword::stated, Level::must, true,
          "people and programs rely on notifications"},
         truthful},
};

} // namespace

std::span<const Rule> truth_rules() {
  return truth_table;
}

} // namespace tempfail::verdict
