// TLS: what goes over the wire in clear, and what certificates are believed.
#include "journal/words.hpp"
#include "verdict/esmtp_requests.hpp"
#include "verdict/rule.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace tempfail::verdict {
namespace {

using scenario::Level;
using scenario::Stage;

/// A command that gives something away, said without TLS: MAIL names people, AUTH has the password. `mail_too`: else
/// only a login counts.
const journal::Event* said_in_clear(const Session& session, bool mail_too = true) {
  bool tls = false;
  for (const journal::Event* event : session.events) {
    if (const auto* handshake = std::get_if<journal::event::Tls>(&event->body))
      tls = tls || handshake->ok;
    const auto* exchange = as_exchange(event);
    if (exchange != nullptr && !tls &&
        ((exchange->stage == Stage::mail && mail_too) || exchange->stage == Stage::auth))
      return event;
  }
  return nullptr;
}

/// Whoever said nothing of TLS where it was offered has not met what the scenario is about.
Check uses_tls(const Case& observed, const scenario::Expectation*) {
  const journal::Event* passed_by = nullptr;
  for (const Session& session : observed.sessions) {
    bool is_offered = false;
    for (const journal::Event* event : session.events) {
      const auto* exchange = as_exchange(event);
      if (exchange != nullptr && exchange->stage == Stage::ehlo)
        is_offered = offers(*exchange, "STARTTLS");
      const auto* connect = std::get_if<journal::event::Connect>(&event->body);
      const bool began = exchange != nullptr && (exchange->stage == Stage::starttls ||
                                                 exchange->stage == Stage::handshake);
      if (began || std::holds_alternative<journal::event::Tls>(event->body) ||
          (connect != nullptr && connect->implicit_tls))
        return Check::pass("the client started TLS", {evidence(*event)});
      if (passed_by == nullptr && exchange != nullptr && exchange->stage == Stage::mail &&
          is_offered)
        passed_by = event;
    }
  }
  if (passed_by == nullptr) return Check::not_applicable("the client never started TLS");
  // Nothing obliges a sender that may do without (RFC 3207 section 4, RFC 7435 section 3).
  const std::string actual =
      "TLS was offered, but the client did not start it: " + describe(*passed_by);
  if (observed.tls_policy == scenario::TlsPolicy::opportunistic)
    return Check::not_applicable(actual);
  return Check::fail(actual, {evidence(*passed_by)});
}

/// The first command behind a successful handshake that trusts the server.
const journal::Event* trusted(const Session& session) {
  bool tls = false;
  for (const journal::Event* event : session.events) {
    if (const auto* handshake = std::get_if<journal::event::Tls>(&event->body))
      tls = tls || handshake->ok;
    const auto* exchange = as_exchange(event);
    if (exchange != nullptr && tls &&
        (exchange->stage == Stage::mail || exchange->stage == Stage::auth))
      return event;
  }
  return nullptr;
}

/// Whether a session carried notifications alone: they go to the sender's own domain, whose server is another one, with
/// a certificate of its own.
bool only_notifies(const std::set<const Transaction*>& notifications, const Session& session) {
  return !session.transactions.empty() &&
         std::all_of(session.transactions.begin(), session.transactions.end(),
                     [&](const Transaction& one) { return notifications.contains(&one); });
}

Check is_protected(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  const std::set<const Transaction*> notifications(observed.notifications.begin(),
                                                   observed.notifications.end());
  for (const Session& session : observed.sessions)
    if (const auto* event = said_in_clear(session, !only_notifies(notifications, session)))
      failures.add("the client sent this in clear text: " + describe(*event), {},
                   {evidence(*event)});
  return failures.empty() ? Check::pass("nothing was sent in clear text") : failures.check();
}

Check refuses_certificate(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  std::vector<Evidence> shown;
  const std::set<const Transaction*> notifications(observed.notifications.begin(),
                                                   observed.notifications.end());
  for (const Session& session : observed.sessions) {
    if (only_notifies(notifications, session)) continue;
    if (const auto* event = trusted(session))
      failures.add("the client accepted the certificate and sent " + describe(*event), {},
                   {evidence(*event)});
    for (const journal::Event* event : session.events)
      if (std::holds_alternative<journal::event::Tls>(event->body) && shown.empty())
        shown.push_back(evidence(*event));
  }
  if (!failures.empty()) return failures.check();
  if (shown.empty())
    return Check::not_applicable("no handshake was tried, so no certificate was seen");
  return Check::pass("the client refused the certificate", shown);
}

/// Allowed to senders that use TLS where they can (RFC 7435), so it never fails; but it is said.
Check fallback_to_clear(const Case& observed, const scenario::Expectation*) {
  std::unordered_map<std::string_view, const Session*> first_failures; // by client
  for (const Session& session : observed.sessions) {
    if (!session.tls_failed) continue;
    const Session*& first = first_failures.try_emplace(session.client, &session).first->second;
    if (session.begin < first->begin) first = &session;
  }
  if (first_failures.empty()) return {};
  for (const Session& other : observed.sessions) {
    const auto failed = first_failures.find(other.client);
    if (other.tls || failed == first_failures.end() || other.begin < failed->second->begin)
      continue;
    if (const auto* event = said_in_clear(other)) {
      const Session& session = *failed->second;
      return Check::pass("the client fell back to clear text after TLS failed (allowed where TLS "
                         "is opportunistic)",
                         {evidence(session.failed_handshake != nullptr ? *session.failed_handshake
                                                                       : *session.events.back()),
                          evidence(*event)});
    }
  }
  return Check::pass("the client did not fall back to clear text");
}

/// Whether the client went away although nothing was refused and it had not come to an end.
bool left_without_reason(const Session& session, bool began) {
  if (session.disconnect == nullptr) return false;
  if (!began) return true;
  for (const journal::Event* event : session.events) {
    const auto* exchange = as_exchange(event);
    if (exchange != nullptr && exchange->code >= 400) return false;
    if (std::holds_alternative<journal::event::Accepted>(event->body)) return false;
  }
  return true;
}

/// After injected replies behind the 220 a client is one reply ahead. One that drops them, or the
/// connection, is right (CVE-2011-0411 and its client-side twins).
Check ignores_injection(const Case& observed, const scenario::Expectation*) {
  Failures failures;
  std::vector<Evidence> shown;
  for (const Session& session : observed.sessions) {
    bool injected = false;
    bool tls = false;
    bool greeted = false;
    bool went_on = false;
    const journal::Event* odd = nullptr;
    for (const journal::Event* event : session.events) {
      if (const auto* handshake = std::get_if<journal::event::Tls>(&event->body))
        tls = tls || handshake->ok;
      const auto* exchange = as_exchange(event);
      if (exchange == nullptr) continue;
      if (exchange->stage == Stage::starttls && exchange->code == 220 && exchange->rule != 0) {
        injected = true;
        if (shown.empty()) shown.push_back(evidence(*event));
      }
      if (!injected || !tls) continue;
      if (journal::contains(exchange->breaches, journal::Breach::pipelined_without_leave))
        odd = event;
      const bool is_hello = exchange->stage == Stage::ehlo;
      if (is_hello && greeted && !went_on) odd = event; // EHLO was accepted, and yet HELO is tried
      greeted = greeted || (is_hello && exchange->code == 250);
      went_on = went_on || exchange->stage == Stage::mail || exchange->stage == Stage::auth;
    }
    if (greeted && odd == nullptr && left_without_reason(session, went_on))
      odd = session.disconnect;
    if (injected && odd != nullptr)
      failures.add(
          "the client used the replies that were injected in clear text after the 220 as replies "
          "inside TLS",
          {}, {evidence(*odd)});
  }
  if (!failures.empty()) return failures.check();
  if (shown.empty())
    return Check::not_applicable("STARTTLS was not tried, so nothing was injected");
  return Check::pass("the client dropped the injected replies", shown);
}

constexpr std::array tls_table = {
    Rule{{"uses-tls", "The client starts TLS when the server offers it.",
          "RFC 3207 section 6, RFC 7435 section 3", Keyword::should, Level::should, false},
         uses_tls},
    Rule{{"protected",
          "When TLS is required, no part of a message or a login is sent in clear text.",
          "RFC 8461 section 5, RFC 8314 section 3, RFC 3207 section 6", Keyword::must_not,
          Level::must, false},
         is_protected},
    Rule{{"refuses-certificate", "A sender that verifies certificates stops at an invalid one.",
          "RFC 8461 section 4.2 and section 5, RFC 3207 section 4.1; the name in it: RFC 9525 "
          "section 6",
          Keyword::must_not, Level::must, false},
         refuses_certificate},
    Rule{{"ignores-injection",
          "Text injected after the reply to STARTTLS is not used as a reply inside TLS.",
          "RFC 3207 section 4.2 and section 6", Keyword::must, Level::must, false},
         ignores_injection},
    Rule{{"fallback-to-clear",
          "A fallback to clear text after a TLS failure is reported; with opportunistic TLS it is "
          "allowed.",
          "RFC 3207 section 6, RFC 7435 section 3", Keyword::may, Level::should, true,
          "it is reported and never fails a case: an attacker who can break the handshake can read "
          "the mail that follows"},
         fallback_to_clear},
};

} // namespace

std::span<const Rule> tls_rules() {
  return tls_table;
}

} // namespace tempfail::verdict
