// Composes a notification as a MIME message: a text for people, the fields for programs, and what
// it is about.
#include "client/dsn/fields.hpp"

#include "client/base/gmime.hpp"
#include "client/base/text.hpp"

namespace tempfail::client {
namespace {

/// A failed message is given back whole up to this size; of a larger one only the header.
constexpr std::size_t largest_returned_bytes = 1 << 20;

bool has_high_bytes(std::string_view text) {
  return has_eight_bit(text);
}

/// A part of the given type whose content is `text`, byte for byte.
Owned<GMimePart> make_part(const char* type, const char* subtype, std::string_view text) {
  Owned<GMimePart> part{g_mime_part_new_with_type(type, subtype)};
  const Owned<GMimeStream> stream{g_mime_stream_mem_new_with_buffer(text.data(), text.size())};
  const GMimeContentEncoding encoding =
      has_high_bytes(text) ? GMIME_CONTENT_ENCODING_8BIT : GMIME_CONTENT_ENCODING_7BIT;
  const Owned<GMimeDataWrapper> content{
      g_mime_data_wrapper_new_with_stream(stream.get(), encoding)};
  g_mime_part_set_content(part.get(), content.get());
  g_mime_part_set_content_encoding(part.get(), encoding);
  return part;
}

std::string headline(const Notification& notification) {
  switch (notification.recipients.front().action) {
  case DsnAction::failed: return "Your message could not be delivered to these recipients:";
  case DsnAction::delayed:
    return "Your message has not been delivered yet to these recipients. Delivery will be retried; "
           "you do not need to do anything:";
  case DsnAction::relayed:
    return "Your message was passed on to a mail server that does not send notifications:";
  }
  return {};
}

std::string subject(DsnAction action) {
  switch (action) {
  case DsnAction::failed: return "Undelivered mail returned to sender";
  case DsnAction::delayed: return "Delayed mail (still being tried)";
  case DsnAction::relayed: return "Successful mail relay report";
  }
  return {};
}

std::string text_for_people(const Notification& notification) {
  std::string text = "This is the mail system at " + notification.reporting_host + ".\r\n\r\n";
  text += headline(notification) + "\r\n";
  for (const NotifiedRecipient& notified : notification.recipients) {
    text += "\r\n<" + field_text(notified.recipient.address) + ">: " + notified.status.text() +
            ' ' + std::string{describe(notified.status)};
    if (notified.tries > 1) text += ", after " + std::to_string(notified.tries) + " tries";
    text += ".\r\n";
    const RecipientResult& last = notified.last;
    if (notified.action == DsnAction::relayed) continue;
    if (last.replied) {
      text += "    " + (last.host.empty() ? "The server" : field_text(last.host)) +
              " said: " + (last.code != 0 ? std::to_string(last.code) + ' ' : "") +
              field_text(last.text) + "\r\n";
    } else if (!last.text.empty()) {
      text += "    " + field_text(last.text) + "\r\n";
    }
    if (last.in_doubt) {
      text += "    The connection was lost after the whole message had been sent: it may have "
              "arrived.\r\n";
    }
    if (notified.will_retry_until) {
      text += "    It will be tried until " + to_rfc5322(*notified.will_retry_until) + ".\r\n";
    }
  }
  return text;
}

std::string_view header_of(std::string_view message) {
  const auto end = message.find("\r\n\r\n");
  return end == std::string_view::npos ? message : message.substr(0, end + 2);
}

/// RFC 3461 section 4.3: RET is about failures only; in other cases the header is enough.
bool returns_all(const Notification& notification) {
  if (notification.recipients.front().action != DsnAction::failed) return false;
  if (notification.dsn_return == DsnReturn::headers) return false;
  return notification.original->size() <= largest_returned_bytes;
}

void set_header(GMimeMessage* message, const char* name, const std::string& value) {
  g_mime_object_set_header(GMIME_OBJECT(message), name, value.c_str(), "utf-8");
}

std::string written(GMimeMessage* message) {
  const Owned<GMimeStream> stream{g_mime_stream_mem_new()};
  GMimeFormatOptions* options = g_mime_format_options_new();
  g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
  g_mime_object_write_to_stream(GMIME_OBJECT(message), options, stream.get());
  g_mime_format_options_free(options);
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

} // namespace

std::string compose(const Notification& notification) {
  prepare_gmime();
  const Owned<GMimeMultipart> report{g_mime_multipart_new_with_subtype("report")};
  g_mime_object_set_content_type_parameter(GMIME_OBJECT(report.get()), "report-type",
                                           "delivery-status");
  // From the message's own name: unique, and the same for the same message.
  std::string boundary = "report-" + notification.message_id;
  for (char& letter : boundary) {
    if (letter == '@' || letter == ' ') letter = '-';
  }
  g_mime_multipart_set_boundary(report.get(), boundary.substr(0, 70).c_str());

  const std::string people = text_for_people(notification);
  const std::string fields = delivery_status(notification);
  const auto text = make_part("text", "plain", people);
  g_mime_object_set_content_type_parameter(GMIME_OBJECT(text.get()), "charset", "utf-8");
  g_mime_multipart_add(report.get(), GMIME_OBJECT(text.get()));
  const bool international = has_high_bytes(fields);
  const auto status =
      make_part("message", international ? "global-delivery-status" : "delivery-status", fields);
  g_mime_multipart_add(report.get(), GMIME_OBJECT(status.get()));
  if (notification.original) {
    const bool all = returns_all(notification);
    const std::string_view original =
        all ? std::string_view{*notification.original} : header_of(*notification.original);
    // RFC 6533 section 4: UTF-8 in a header has types of its own.
    const bool global = has_high_bytes(header_of(*notification.original));
    const auto returned = all      ? make_part("message", global ? "global" : "rfc822", original)
                          : global ? make_part("message", "global-headers", original)
                                   : make_part("text", "rfc822-headers", original);
    g_mime_multipart_add(report.get(), GMIME_OBJECT(returned.get()));
  }

  const Owned<GMimeMessage> message{g_mime_message_new(FALSE)};
  set_header(message.get(), "From",
             "Mail Delivery System <MAILER-DAEMON@" + notification.reporting_host + '>');
  set_header(message.get(), "To", '<' + notification.to + '>');
  set_header(message.get(), "Subject", subject(notification.recipients.front().action));
  set_header(message.get(), "Date", to_rfc5322(notification.now));
  set_header(message.get(), "Message-ID", '<' + notification.message_id + '>');
  set_header(message.get(), "Auto-Submitted", "auto-replied"); // RFC 3834 section 3.1.7
  set_header(message.get(), "MIME-Version", "1.0");
  g_mime_message_set_mime_part(message.get(), GMIME_OBJECT(report.get()));
  return normalize_lines(written(message.get()));
}

} // namespace tempfail::client
