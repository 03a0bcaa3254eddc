// A message as a mail reader shows it: its fields decoded, its texts, its attachments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tempfail::mime {

struct MailAddress {
  std::string name; ///< empty: none
  std::string address;
};

struct Attachment {
  std::string part; ///< "2", "1.2": which part of which
  std::string file_name;
  std::string content_type; ///< in lower case
  std::string content_id;   ///< without angle brackets
  std::size_t size = 0;     ///< decoded, bytes
  bool is_inline = false;
};

/// All texts are UTF-8. Empty: there is no such thing.
struct MailView {
  std::vector<MailAddress> from;
  std::vector<MailAddress> to;
  std::vector<MailAddress> cc;
  std::vector<MailAddress> bcc;
  std::vector<MailAddress> reply_to;
  std::string subject;
  std::optional<std::int64_t> date; ///< seconds since 1970
  std::string text;                 ///< all of type text/plain
  std::string html;                 ///< all of type text/html
  std::vector<Attachment> attachments;
};

/// A message over the limits of mime/marks.hpp has fields and texts that are empty: to look at it would take too long.
MailView view_mail(std::string_view content);

} // namespace tempfail::mime
