// The table of the server's own replies. Both spellings of each are made once, when the program starts.
#include "session/replies.hpp"

#include <array>
#include <string>

namespace tempfail::session {
namespace {

struct Entry {
  StandardReply say;
  int code;
  std::string_view status; ///< RFC 3463; empty where a reply has none
  std::string_view text;
};

constexpr std::array<Entry, 52> entries = {{
    {StandardReply::ok, 250, "2.0.0", "Ok"},
    {StandardReply::sender_ok, 250, "2.1.0", "Sender ok"},
    {StandardReply::recipient_ok, 250, "2.1.5", "Recipient ok"},
    {StandardReply::start_mail, 354, "", "End data with <CR><LF>.<CR><LF>"},
    {StandardReply::chunk_ok, 250, "2.0.0", "Chunk received"},
    {StandardReply::message_accepted, 250, "2.0.0", "Message accepted"},
    {StandardReply::bye, 221, "2.0.0", "Bye"},
    {StandardReply::ready_for_tls, 220, "2.0.0", "Ready to start TLS"},
    {StandardReply::authenticated, 235, "2.7.0", "Authentication succeeded"},
    {StandardReply::auth_user_prompt, 334, "", "VXNlcm5hbWU6"},
    {StandardReply::auth_password_prompt, 334, "", "UGFzc3dvcmQ6"},
    {StandardReply::auth_empty_prompt, 334, "", ""},
    {StandardReply::will_not_verify, 252, "2.0.0",
     "Cannot verify the user, but will accept mail and try to deliver it"},
    {StandardReply::help, 214, "2.0.0",
     "EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT"},
    {StandardReply::unknown_command, 500, "5.5.1", "Command not recognized"},
    {StandardReply::line_too_long, 500, "5.5.2", "Line too long"},
    {StandardReply::not_implemented, 502, "5.5.1", "Command not implemented"},
    {StandardReply::hello_first, 503, "5.5.1", "Send EHLO or HELO first"},
    {StandardReply::sender_already_given, 503, "5.5.1", "Sender already given"},
    {StandardReply::mail_first, 503, "5.5.1", "Send MAIL first"},
    {StandardReply::no_valid_recipients, 554, "5.5.1", "No valid recipients"},
    {StandardReply::data_after_bdat, 503, "5.5.1", "DATA and BDAT can't be mixed"},
    {StandardReply::tls_already_active, 503, "5.5.1", "TLS is already active"},
    {StandardReply::already_authenticated, 503, "5.5.1", "Already authenticated"},
    {StandardReply::not_during_mail, 503, "5.5.1", "Not during a mail transaction"},
    {StandardReply::only_quit, 503, "5.5.1", "No service here, only QUIT is accepted"},
    {StandardReply::hello_needs_name, 501, "5.5.4", "Syntax: EHLO or HELO, and a host name"},
    {StandardReply::no_argument_allowed, 501, "5.5.4", "This command takes no argument"},
    {StandardReply::bad_mail_syntax, 501, "5.5.4", "Syntax: MAIL FROM:<address> [parameters]"},
    {StandardReply::bad_rcpt_syntax, 501, "5.5.4", "Syntax: RCPT TO:<address> [parameters]"},
    {StandardReply::bad_sender_address, 501, "5.1.7", "Bad sender address syntax"},
    {StandardReply::bad_recipient_address, 501, "5.1.3", "Bad recipient address syntax"},
    {StandardReply::bad_parameter, 501, "5.5.4", "Syntax error in parameters"},
    {StandardReply::unknown_parameter, 555, "5.5.4", "Parameter not recognized or not implemented"},
    {StandardReply::bad_chunk, 501, "5.5.4", "Syntax: BDAT size [LAST]"},
    {StandardReply::needs_argument, 501, "5.5.4", "This command needs an argument"},
    {StandardReply::needs_smtputf8, 553, "5.6.7", "Address needs SMTPUTF8"},
    {StandardReply::message_too_large, 552, "5.3.4", "Message exceeds the size limit"},
    {StandardReply::too_many_recipients, 452, "4.5.3", "Too many recipients"},
    {StandardReply::one_scenario_per_message, 452, "4.5.3",
     "One scenario per message, send this recipient separately"},
    {StandardReply::no_such_scenario, 550, "5.1.1",
     "No such scenario; write to NAME@anything or anything@NAME.test"},
    {StandardReply::auth_required, 530, "5.7.0", "Authentication required"},
    {StandardReply::auth_failed, 535, "5.7.8", "Authentication credentials invalid"},
    {StandardReply::auth_cancelled, 501, "5.7.0", "Authentication cancelled"},
    {StandardReply::auth_bad_base64, 501, "5.5.2", "Cannot decode the response"},
    {StandardReply::auth_unknown_mechanism, 504, "5.5.4", "Authentication mechanism not supported"},
    {StandardReply::too_many_hops, 554, "5.4.6", "Too many hops"},
    {StandardReply::idle_too_long, 421, "4.4.2", "Idle for too long, closing the connection"},
    {StandardReply::shutting_down, 421, "4.3.2", "Service shutting down, closing the connection"},
    {StandardReply::too_many_errors, 421, "4.7.0", "Too many errors, closing the connection"},
    {StandardReply::too_many_commands, 421, "4.7.0",
     "Too many commands without mail, closing the connection"},
    {StandardReply::store_lost, 421, "4.3.2", "Service not available, closing the connection"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (entries[i].say != static_cast<StandardReply>(i)) return false;
  return true;
}
static_assert(in_order(), "an entry for each reply, in the order of the enum");

struct Spelling {
  std::string plain;
  std::string enhanced;
};

std::array<Spelling, entries.size()> spell() {
  std::array<Spelling, entries.size()> spellings;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    std::string& plain = spellings[i].plain;
    std::string& enhanced = spellings[i].enhanced;
    plain = enhanced = std::to_string(entry.code) + ' ';
    if (!entry.status.empty()) enhanced.append(entry.status).append(1, ' ');
    plain.append(entry.text).append("\r\n");
    enhanced.append(entry.text).append("\r\n");
  }
  return spellings;
}

const std::array<Spelling, entries.size()> spellings = spell();

} // namespace

ServerReply reply_of(StandardReply say, bool enhanced) {
  const auto index = static_cast<std::size_t>(say);
  return {entries[index].code, enhanced ? spellings[index].enhanced : spellings[index].plain};
}

} // namespace tempfail::session
