// One row for each rule: a test holds the list against the judge's.
#include "report/advice.hpp"

#include "report/parts.hpp"

#include <algorithm>
#include <array>

namespace tempfail::report {
namespace {

constexpr auto advice = std::to_array<Advice>({
    {"connects",
     "Your sender was given a message and never contacted the server. The message is lost.",
     "See whether it uses the host and port that it was given, and read its output."},
    {"retry",
     "The server said \"not now\", and your sender did not come back. A message that would have "
     "been delivered later is lost.",
     "Keep the message, and try it again after some minutes, then at growing intervals, for days."},
    {"no-retry",
     "The server said \"never\", and your sender tried the same message again. That can't help, "
     "and servers block senders for it.",
     "Treat replies that begin with 5 as final: stop, and tell the author."},
    {"tries", "Your sender tried more or less often than is right for this failure.",
     "Look at the limits on the number of tries in its configuration."},
    {"gives-up", "Your sender gave the message up too early, or kept it for too long.",
     "Look at how long it keeps mail in its queue: four to five days is usual."},
    {"refused-content-unchanged",
     "The server refused this content for good, and your sender sent the same content again.",
     "Stop after such a refusal, or change what was refused before it is sent again."},
    {"pause",
     "Your sender tried again at once after a failure, and again. That burdens the server and gets "
     "senders blocked.",
     "Wait before a retry: some minutes at first, then longer."},
    {"first-retry", "The first retry came too early or too late.",
     "Set the first retry to about half an hour, or to what the server asks for."},
    {"back-off", "The pauses between the tries did not grow.",
     "Make each pause longer than the one before it, up to some hours."},
    {"jitter",
     "All messages that failed together came back at the same moment, and overload the server "
     "again.",
     "Add some chance to the intervals, different for each message."},
    {"schedule", "The retries did not come at the intervals that this failure asks for.",
     "Compare the sender's retry intervals with those below."},
    {"delivered",
     "A message did not arrive as often as it should: it is missing, or it came more than once.",
     "Follow its tries below to the one after which your sender stopped or sent again."},
    {"no-duplicate",
     "The server confirmed the message, and your sender sent it again. The recipient gets it "
     "twice.",
     "After a reply that begins with 2 the message is the server's: forget it, whatever happens "
     "afterwards."},
    {"one-copy", "Your sender sent a copy for each recipient where one copy for all would do.",
     "Name all recipients of one host in one transaction."},
    {"content", "What arrived is not what was sent: some of the message is missing or changed.",
     "Compare the message that was handed over with what was received."},
    {"recipients",
     "The message went to an address that nobody asked for, or one that was asked for was left "
     "out.",
     "Look at how the sender makes the list of recipients."},
    {"notified",
     "The message could not be delivered, and nobody was told. The author believes that it "
     "arrived.",
     "Send a notification to the author, or report the failure to the caller."},
    {"true-notification",
     "The author was told something that is not true: the wrong recipient or the wrong reason.",
     "Compare what the notification says with what the server said."},
    {"notification-form", "The notification lacks parts that mail programs need to understand it.",
     "Build it as a multipart/report with all fields that RFC 3464 asks for."},
    {"original-recipient",
     "The notification does not say to whom, or about which message, the author had written.",
     "Keep the original recipient and the envelope's id, and repeat them in the notification."},
    {"returned-content",
     "The notification returned the whole message although only its header was asked for.",
     "Return the header alone where RET=HDRS or REQUIRETLS was given."},
    {"failed-is-final",
     "The author was told that the message failed, and then your sender went on with it, or said "
     "so twice.",
     "Say \"failed\" once, when the message is given up; before that say \"delayed\"."},
    {"passes-on",
     "What the author asked for about notifications was not passed on to the next server.",
     "Pass NOTIFY, RET, ENVID and ORCPT on, unchanged, to servers that offer DSN."},
    {"reports-failure",
     "The message was not accepted, and your sender told its caller that all is well. The message "
     "is lost, and nobody knows.",
     "Return an error, or exit with a status other than 0, unless the server accepted the "
     "message."},
    {"reports-success",
     "The message was accepted, and your sender told its caller that it failed. Whoever believes "
     "that sends it twice.",
     "Once the server has accepted the message, report success, whatever happens afterwards."},
    {"reports-doubt",
     "The connection was lost at a moment when nobody can know whether the message arrived. Your "
     "sender claimed to know.",
     "Report this case as temporary or unknown."},
    {"reports-kind",
     "Your sender told its caller \"try later\" where the server said \"never\", or the other way "
     "round.",
     "Keep failures that pass (4yz, lost connections) apart from those that are final (5yz)."},
    {"reports-each",
     "Some recipients were accepted and some were not, and your sender did not say which.",
     "Report what became of each recipient by itself."},
    {"reports-status",
     "The code or status that your sender reported is not the one that the server gave.",
     "Pass on the server's reply as it was."},
    {"next-message", "After this failure the next message of the same process did not get through.",
     "Open a new connection after a failure, and forget the state of the old one."},
    {"no-blind-resend",
     "Nobody could know whether the message had arrived, and your sender sent it again at once. "
     "The recipient may have it twice.",
     "Wait before you try again, and leave the decision to the caller where you can."},
    {"ends-in-time", "Your sender did not come to an end by itself: it waited without a limit.",
     "Set a time limit for connecting and for each reply."},
    {"closes-after-421",
     "The server said that it closes the connection, and your sender talked on.",
     "Close the connection after a reply of 421."},
    {"ends-after-failure",
     "After a failure your sender went on with commands that could only fail.",
     "Reset the transaction, or leave, when it has failed."},
    {"leave-taking",
     "Your sender hung up without a goodbye (QUIT). No mail is lost by that, but servers count it "
     "as an error.",
     "Send QUIT before you close the connection."},
    {"recipients-one-by-one",
     "One recipient was refused, and your sender treated all of them alike: mail for the others "
     "was lost, or sent twice.",
     "Look at the reply to each recipient by itself."},
    {"concurrency-drops",
     "The server asked for fewer connections, and your sender opened as many as before.",
     "Open fewer connections to a server that refuses some of them."},
    {"waits", "Your sender hung up on a server that was slow, earlier than the standard allows.",
     "Give servers the time of RFC 5321: mostly five minutes, and ten at the end of a message."},
    {"time-out",
     "Your sender waited for a silent server without end: it, and all mail after this one, is "
     "stuck.",
     "Set a time limit for each reply, for QUIT too."},
    {"rests", "While it waited, your sender used the processor all the time.",
     "Wait for events instead of asking in a loop."},
    {"replies-in-step",
     "Your sender gave up waiting for a reply and used the connection on, so it took one reply for "
     "another.",
     "Close a connection on which a reply is missing."},
    {"line-ends",
     "Your sender ended lines in a way that mail servers do not agree on. Messages can be cut, or "
     "forged.",
     "End each line with CR LF, and let neither stand alone."},
    {"line-length", "Your sender sent lines that are longer than mail servers must take.",
     "Wrap lines at 998 characters, or encode the content."},
    {"dot-stuffing",
     "A line that begins with a dot was sent as it is. The message can end there, or lose the dot.",
     "Put one more dot before each line that begins with one."},
    {"eight-bit-content",
     "Your sender sent letters beyond ASCII to a server that it had not told so.",
     "Announce BODY=8BITMIME, or encode the content."},
    {"eight-bit-command",
     "Your sender used an address beyond ASCII without asking whether the server takes such "
     "addresses.",
     "Use SMTPUTF8 where the server offers it, and fail otherwise."},
    {"nul", "Your sender sent a NUL byte, at which many programs stop reading.",
     "Encode or refuse content with NUL bytes."},
    {"sequence", "Your sender sent commands in an order that the protocol does not allow.",
     "Look at the dialogue below for the command that was too early."},
    {"syntax", "Your sender sent a command that is not well-formed.",
     "Look at the command below: its brackets, blanks and parameters."},
    {"greeting-first",
     "Your sender began to talk before the server had greeted it, as spam programs do.",
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
     "Your sender was told to insist on encryption, and sent mail or a password in clear text.",
     "Stop when the connection can't be encrypted."},
    {"refuses-certificate",
     "The server's certificate is not right, and your sender trusted it. Anybody could have read "
     "the mail.",
     "Check the certificate's name, dates and issuer, and stop when they are wrong."},
    {"ignores-injection",
     "Your sender took text from before the encryption for an answer inside of it. An attacker can "
     "put words there.",
     "Throw away all that was received before the handshake."},
    {"fallback-to-clear", "Encryption failed, and your sender sent the mail in clear text instead.",
     "That is allowed where encryption is optional; insist on it where mail is confidential."},
    {"stops-loop", "The message goes round in a circle, and your sender did not stop it.",
     "Count the Received fields, and give up at a limit (about 100)."},
    {"no-report-about-reports",
     "Your sender sent a notification about a notification. Two such servers never stop.",
     "Send nothing about messages whose sender is empty (<>)."},
    {"untouched", "Your sender went to a server to which this mail must not go.",
     "Look at how it chooses hosts from the DNS records, and when it goes on to the next."},
    {"delivered-by", "The mail went to another server than the one that DNS names for it.",
     "Look at how the sender reads MX records and their preference."},
    {"in-order", "Your sender tried the servers in the wrong order.",
     "Try hosts by ascending preference number."},
    {"spread", "Of several equal servers your sender always took the same one.",
     "Choose among hosts of the same preference by chance."},
    {"hosts-per-try",
     "One server could not be reached, and your sender waited instead of trying the next one.",
     "Try the other hosts of the domain before you wait."},
    {"dead-host-remembered", "Your sender tried a dead server again for each message.",
     "Remember for some minutes which hosts can't be reached."},
    {"not-delayed-by", "One server that hangs held up the mail for all others.",
     "Limit how many connections one destination can keep busy."},
    {"asked", "Your sender did not look up the names that decide where this mail goes.",
     "Ask DNS for the MX records of the recipient's domain, then for the addresses of those "
     "hosts."},
    {"not-asked", "Your sender looked up a name that has nothing to do with this mail.",
     "Look for a search list or a fall-back that adds to names."},
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
  const Count count = report.count(result);
  const bool broken = count == Count::fail || count == Count::ok_but;
  const Finding* reason = broken ? first_reason(report, result.verdict) : nullptr;
  const Advice* advice = reason == nullptr ? nullptr : advice_for(reason->rule);
  if (advice == nullptr) return headline(report, result);
  return std::string(first_sentence(advice->wrong));
}

} // namespace tempfail::report
