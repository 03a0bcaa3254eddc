// One row for each rule: a test holds the list against the judge's.
#include "report/advice.hpp"

#include "report/parts.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace tempfail::report {
namespace {

constexpr auto advice = std::to_array<Advice>({
    {"connects", "Your sender got a message and never contacted the server. The message is lost.",
     "Check that it uses the given host and port, and read its output."},
    {"retry",
     "The server said \"try again later\" (4xx), and your sender did not retry. A message that "
     "would have been delivered is lost.",
     "Retry after some minutes, then at growing intervals, for days; a program without a queue "
     "ends with an error instead (exit status 75)."},
    {"no-retry",
     "The server rejected the message (5xx), and your sender retried it. That can't help, and "
     "servers block senders for it.",
     "Treat replies that begin with 5 as final: stop, and notify the author."},
    {"tries", "The number of tries is wrong for this failure.",
     "Look at the limits on the number of tries in its configuration.",
     "Your sender stopped trying too soon. A message that would have been delivered later is lost.",
     "Your sender tried too often for this failure."},
    {"gives-up", "Your sender gave up on the message too early, or kept it for too long.",
     "Check its queue lifetime: four to five days is usual.",
     "Your sender gave up on the message too early.",
     "Your sender kept the message for too long before it gave up."},
    {"refused-content-unchanged",
     "The server rejected this content (5xx), and your sender sent the same content again.",
     "Stop after such a rejection, or change the content before you send it again."},
    {"pause",
     "Your sender tried again and again without a pause. That burdens the server, and gets senders "
     "blocked.",
     "Wait before a retry: some minutes at first, then longer."},
    {"first-retry", "The first retry came too early or too late.",
     "Set the first retry to about half an hour, or to the time that the server names.",
     "Your sender retried too soon after the failure.",
     "Your sender waited too long before its first retry."},
    {"back-off", "The pauses between the tries did not grow.",
     "Make each pause longer than the one before it, up to some hours."},
    {"jitter",
     "All messages that failed together were retried at the same moment, which overloads the "
     "server again.",
     "Add a random part to the intervals, different for each message."},
    {"schedule", "The retries did not follow the intervals that this failure requires.",
     "Compare the sender's retry intervals with those below."},
    {"delivered", "A message is missing, or it arrived more than once.",
     "Follow its tries below to the one after which your sender stopped or sent again.",
     "The message never arrived.", "The message arrived more than once."},
    {"no-duplicate",
     "The server accepted the message, and your sender sent it again. The recipient gets it "
     "twice.",
     "After a reply that begins with 2 the server has the message: never send it again, whatever "
     "happens afterwards."},
    {"one-copy", "Your sender sent a copy for each recipient where one copy for all is enough.",
     "Name all recipients of one host in one transaction."},
    {"content", "The message arrived incomplete or changed.",
     "Compare the message that was handed over (message.eml) with the accepted one "
     "(received-1.eml)."},
    {"recipients",
     "The message went to an address that is not a recipient, or a recipient was left out.",
     "Look at how the sender makes the list of recipients."},
    {"return-path",
     "The message was sent from <>, so that nobody can be notified if it fails further on.",
     "Use the author's address, or one that stands for it, in MAIL FROM."},
    {"notified",
     "The message could not be delivered, and your sender did not notify the author, who believes "
     "that it arrived.",
     "Send a notification to the author; a program without a queue ends with an error instead "
     "(exit status 69)."},
    {"true-notification",
     "The notification is wrong: it names the wrong recipient or the wrong reason.",
     "Compare the notification with the server's reply."},
    {"notification-form", "The notification lacks parts that mail programs need to understand it.",
     "Build it as a multipart/report with all fields that RFC 3464 asks for."},
    {"original-recipient",
     "The notification does not name the original recipient or the message's envelope id.",
     "Keep ORCPT and ENVID, and repeat them in the notification."},
    {"returned-content",
     "The notification returned the whole message although only its header was asked for.",
     "Return the header alone where RET=HDRS or REQUIRETLS was given."},
    {"failed-is-final",
     "Your sender notified the author of the failure, and then retried the message or notified "
     "again.",
     "Send \"failed\" once, when your sender gives up; before that send \"delayed\"."},
    {"passes-on", "The author's requests for notifications were not passed on to the next server.",
     "Pass NOTIFY, RET, ENVID and ORCPT on, unchanged, to servers that offer DSN."},
    {"success-on-request", "Your sender reported a success that the author had not requested.",
     "Report a delivery only where NOTIFY=SUCCESS was given."},
    {"reports-failure",
     "The message was not accepted, and your sender reported success to its caller. The message is "
     "lost without notice.",
     "Return an error, or exit with a status other than 0, unless the server accepted the "
     "message."},
    {"reports-success",
     "The message was accepted, and your sender reported a failure to its caller. A caller that "
     "trusts the report sends the message again.",
     "Once the server has accepted the message, report success, whatever happens afterwards."},
    {"reports-doubt",
     "The connection was lost after the content, so the sender can't know whether the message "
     "arrived. Your sender claimed to know.",
     "Report this case as temporary or unknown."},
    {"reports-kind",
     "Your sender reported a temporary failure as permanent, or a permanent one as temporary.",
     "Distinguish temporary failures (4xx, lost connections) from permanent ones (5xx)."},
    {"reports-each",
     "Some recipients were accepted and some were not, and your sender did not say which.",
     "Report the result of each recipient separately."},
    {"reports-status",
     "The code or status that your sender reported is not the one that the server sent.",
     "Pass on the server's reply unchanged."},
    {"next-message", "After this failure the next message of the same process did not get through.",
     "Open a new connection after a failure, and forget the state of the old one."},
    {"no-blind-resend",
     "The message may have arrived, and your sender sent it again at once. The recipient may get "
     "it twice.",
     "Wait before a retry, or leave the decision to the caller."},
    {"ends-in-time", "Your sender did not end by itself: it waited without a limit.",
     "Set a time limit for connecting and for each reply."},
    {"closes-after-421",
     "The server announced that it closes the connection, and your sender sent more commands.",
     "Close the connection after a 421 reply."},
    {"ends-after-failure",
     "After a failure your sender went on with commands that could only fail.",
     "Send RSET or QUIT when a transaction has failed."},
    {"leave-taking",
     "Your sender closed the connection without QUIT, which some servers count as an error.",
     "Send QUIT before you close the connection."},
    {"recipients-one-by-one",
     "One recipient was refused, and your sender treated all of them alike: mail for the others "
     "was lost, or sent twice.",
     "Handle the reply for each recipient separately."},
    {"concurrency-drops",
     "The server asked for fewer connections, and your sender opened as many as before.",
     "Open fewer connections to a server that refuses some of them."},
    {"waits",
     "Your sender closed the connection to a slow server earlier than the standard allows.",
     "Use the timeouts of RFC 5321: mostly five minutes, and ten at the end of a message."},
    {"time-out",
     "Your sender waited for a silent server without a limit: this message, and all mail after it, "
     "is stuck.",
     "Set a time limit for each reply, for QUIT too."},
    {"rests", "While it waited, your sender kept the processor busy.",
     "Wait for events instead of polling in a loop."},
    {"replies-in-step",
     "Your sender stopped waiting for a reply and kept using the connection, so it mistook one "
     "reply for another.",
     "Close a connection on which a reply is missing."},
    {"line-ends",
     "Your sender ended lines in a way that mail servers interpret differently. Messages can be "
     "truncated or forged.",
     "End each line with CR LF, never with CR or LF alone."},
    {"line-length", "Your sender sent lines that are longer than mail servers must accept.",
     "Wrap lines at 998 characters, or encode the content."},
    {"dot-stuffing",
     "A line that begins with a dot was sent unchanged. The message can end there, or lose the "
     "dot.",
     "Put a second dot before each line that begins with one."},
    {"eight-bit-content",
     "Your sender sent non-ASCII letters without announcing them to the server.",
     "Use BODY=8BITMIME, or encode the content."},
    {"eight-bit-command",
     "Your sender used a non-ASCII address without checking that the server accepts such "
     "addresses.",
     "Use SMTPUTF8 where the server offers it, and fail otherwise."},
    {"nul", "Your sender sent a NUL byte, at which many programs stop reading.",
     "Encode or refuse content with NUL bytes."},
    {"sequence", "Your sender sent commands in an order that the protocol does not allow.",
     "Look in the dialogue below for the command that was too early."},
    {"syntax", "Your sender sent a command that is not well-formed.",
     "Look at the command below: its brackets, spaces and parameters."},
    {"greeting-first",
     "Your sender sent a command before the server's greeting, as spam programs do.",
     "Wait for the line that begins with 220."},
    {"pipelining",
     "Your sender sent several commands at once to a server that had not offered that.",
     "Wait for each reply, unless the server announces PIPELINING."},
    {"extensions", "Your sender used a feature that the server had not offered.",
     "Use only what the reply to EHLO lists."},
    {"declared-size", "Your sender announced a smaller message than it sent.",
     "Count the size after all changes to the message, or leave it out."},
    {"starttls-plaintext",
     "Your sender sent something in clear text after it had asked for encryption.",
     "After STARTTLS wait for the reply, and send nothing before the handshake."},
    {"uses-tls", "The server offered encryption, and your sender did not use it.",
     "Use STARTTLS where it is offered."},
    {"protected",
     "Your sender is configured to require encryption, and sent mail or a password in clear text.",
     "Stop when the connection can't be encrypted."},
    {"refuses-certificate",
     "The server's certificate is invalid, and your sender trusted it. An attacker could have read "
     "the mail.",
     "Check the certificate's name, dates and issuer, and stop when they are wrong."},
    {"ignores-injection",
     "Your sender used text from before the encryption as a reply inside it. An attacker can "
     "inject such text.",
     "Discard everything that was received before the handshake."},
    {"fallback-to-clear", "Encryption failed, and your sender sent the mail in clear text instead.",
     "That is allowed where encryption is optional; insist on it where mail is confidential."},
    {"stops-loop", "The message loops, and your sender did not stop it.",
     "Count the Received fields, and give up at a limit (about 100)."},
    {"no-report-about-reports",
     "Your sender sent a notification about a notification. Two such servers send notifications to "
     "each other without end.",
     "Send no notification about messages whose sender is empty (<>)."},
    {"untouched", "Your sender contacted a server that must not get this mail.",
     "Check how it chooses hosts from the DNS records, and when it goes on to the next one."},
    {"delivered-by", "The mail went to a server that the DNS does not name for it.",
     "Look at how the sender reads MX records and their preference."},
    {"in-order", "Your sender tried the servers in the wrong order.",
     "Try hosts by ascending preference number."},
    {"spread", "Your sender always chose the same one of several equal servers.",
     "Choose among hosts of the same preference at random."},
    {"hosts-per-try",
     "One server could not be reached, and your sender waited instead of trying the next one.",
     "Try the other hosts of the domain before you wait."},
    {"dead-host-remembered", "Your sender tried a dead server again for each message.",
     "Remember for some minutes which hosts can't be reached."},
    {"not-delayed-by", "One server that hangs delayed the mail for all others.",
     "Limit the number of connections to one destination."},
    {"asked", "Your sender did not look up the names that decide where this mail goes.",
     "Ask DNS for the MX records of the recipient's domain, then for the addresses of those "
     "hosts."},
    {"not-asked", "Your sender looked up a name that has nothing to do with this mail.",
     "Check the resolver's search list, and fallbacks that append a domain to names."},
});

} // namespace

std::span<const Advice> all_advice() {
  return advice;
}

const Advice* advice_for(std::string_view rule) {
  const auto* found = std::find_if(advice.begin(), advice.end(),
                                   [&](const Advice& one) { return one.rule == rule; });
  return found == advice.end() ? nullptr : found;
}

std::string_view plain_words(const verdict::Finding& finding) {
  const Advice* const advice = advice_for(finding.rule);
  if (advice == nullptr) return {};
  const auto off = [&finding](std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return finding.near_miss.ends_with(word); });
  };
  const bool none =
      finding.near_miss.empty() && finding.actual.find(" never ") != std::string::npos;
  if (!advice->too_little.empty() && (none || off({"too early", "too few"})))
    return advice->too_little;
  if (!advice->too_much.empty() && off({"too late", "too many"})) return advice->too_much;
  return advice->wrong;
}

namespace {

/// "The server said so. The message is lost." -> "The server said so."
std::string_view first_sentence(std::string_view text) {
  const std::size_t end = text.find(". ");
  return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

} // namespace

const Finding* first_reason(const RunReport& report, const CaseVerdict& verdict) {
  const std::vector<const Finding*> failures = failures_of(verdict);
  const auto decisive = [&](const Finding* one) { return decides(*one, report.strict); };
  const auto found = std::find_if(failures.begin(), failures.end(), decisive);
  if (found != failures.end()) return *found;
  return failures.empty() ? nullptr : failures.front();
}

std::string plain_cause(const RunReport& report, const CaseResult& result) {
  const CaseStatus status = report.status(result);
  const bool broken = status == CaseStatus::fail || status == CaseStatus::ok_but;
  const Finding* reason = broken ? first_reason(report, result.verdict) : nullptr;
  const std::string_view words = reason == nullptr ? std::string_view() : plain_words(*reason);
  if (words.empty()) return headline(report, result);
  return std::string(first_sentence(words));
}

} // namespace tempfail::report
