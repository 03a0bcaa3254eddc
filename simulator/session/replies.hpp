// The server's own replies: what it says where no rule says otherwise.
#pragma once

#include <cstdint>
#include <string_view>

namespace tempfail::session {

/// The server's own replies that are the same in every scenario.
enum class StandardReply : std::uint8_t {
  ok,
  sender_ok,
  recipient_ok,
  start_mail, ///< go on with the content
  chunk_ok,
  message_accepted,
  bye,
  ready_for_tls,
  authenticated,
  auth_user_prompt, ///< "Username:" in base64
  auth_password_prompt,
  auth_empty_prompt,
  will_not_verify, ///< VRFY neither confirmed nor denied
  help,
  unknown_command,
  line_too_long,
  not_implemented,
  hello_first, ///< no EHLO or HELO yet
  sender_already_given,
  mail_first,
  no_valid_recipients,
  data_after_bdat,
  tls_already_active,
  already_authenticated,
  not_during_mail, ///< AUTH in the middle of a transaction
  only_quit,       ///< after a greeting that refused service
  hello_needs_name,
  no_argument_allowed,
  bad_mail_syntax,
  bad_rcpt_syntax,
  bad_sender_address,
  bad_recipient_address,
  bad_parameter, ///< known, with a value that is not allowed
  unknown_parameter,
  bad_chunk,
  needs_argument,
  needs_smtputf8, ///< an address with UTF-8 in a transaction without SMTPUTF8
  message_too_large,
  too_many_recipients,
  one_scenario_per_message,
  no_such_scenario,
  auth_required,
  auth_failed,
  auth_cancelled,
  auth_bad_base64,
  auth_unknown_mechanism,
  too_many_hops,
  idle_too_long,
  shutting_down,
  too_many_errors,
  too_many_commands,
  store_lost, ///< what is to be answered is not known
};

/// A reply as it goes to the wire.
struct ServerReply {
  int code = 0;          ///< 0: nothing is said
  std::string_view wire; ///< with CR LF
};

/// The reply, with its enhanced status code where `enhanced` (RFC 2034).
ServerReply reply_of(StandardReply say, bool enhanced);

} // namespace tempfail::session
