// Walks the parts of a notification (RFC 6522, RFC 3464 section 2, RFC 6533 section 4).
#include "mime/notification.hpp"

#include "mime/gmime_objects.hpp"
#include "mime/limits.hpp"

#include <algorithm>
#include <array>

namespace tempfail::mime {
namespace {

std::string type_of_whole(GMimeObject* part) {
  std::string text = type_of(part);
  const char* const report =
      g_mime_content_type_get_parameter(g_mime_object_get_content_type(part), "report-type");
  if (report != nullptr) text += std::string("; report-type=") + report;
  return text;
}

/// A part's content, decoded.
std::string content_of(GMimePart* part) {
  GMimeDataWrapper* const content = g_mime_part_get_content(part);
  if (content == nullptr) return {};
  const Owned<GMimeStream> memory(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(content, memory.get());
  const GByteArray* const bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

bool has_more_than_space(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") != std::string_view::npos;
}

/// "message" where a message's text goes on behind its header, else "header".
std::string kind_of_text(const std::string& text) {
  const std::size_t with_lf = text.find("\n\n");
  const std::size_t with_cr_lf = text.find("\n\r\n");
  const std::size_t end = std::min(with_lf, with_cr_lf);
  const bool goes_on = end != std::string::npos && has_more_than_space(text.substr(end));
  return goes_on ? "message" : "header";
}

std::string kind_of_message(GMimeMessage* message) {
  GMimeObject* const body = message == nullptr ? nullptr : g_mime_message_get_mime_part(message);
  if (body == nullptr) return "header";
  if (!GMIME_IS_PART(body)) return "message";
  return has_more_than_space(content_of(GMIME_PART(body))) ? "message" : "header";
}

/// Its Message-ID without angle brackets; empty: it has none, or there is no message.
std::string id_of(GMimeMessage* message) {
  return message == nullptr ? std::string()
                            : std::string(text_or_empty(g_mime_message_get_message_id(message)));
}

bool is_returned(const std::string& type) {
  constexpr std::array<std::string_view, 4> types = {
      "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"};
  return std::find(types.begin(), types.end(), type) != types.end();
}

class NotificationWalk {
 public:
  Notification take() { return std::move(found_); }

  void whole(GMimeObject* body) {
    found_.type = type_of_whole(body);
    object(body, 0);
  }

 private:
  void object(GMimeObject* part, std::size_t depth) {
    constexpr std::size_t deepest = 20;
    if (depth > deepest) return;
    if (GMIME_IS_MULTIPART(part)) {
      GMimeMultipart* const parts = GMIME_MULTIPART(part);
      for (int i = 0; i < g_mime_multipart_get_count(parts); ++i)
        object(g_mime_multipart_get_part(parts, i), depth + 1);
    } else if (GMIME_IS_MESSAGE_PART(part)) {
      GMimeMessage* const message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part));
      returned(kind_of_message(message), id_of(message));
    } else if (GMIME_IS_PART(part)) {
      leaf(GMIME_PART(part));
    }
  }

  void leaf(GMimePart* part) {
    const std::string type = type_of(GMIME_OBJECT(part));
    if (is_returned(type)) {
      const std::string text = content_of(part);
      returned(kind_of_text(text), id_of(parse_message(text).get()));
    } else if (found_.status_type.empty() &&
               (type == "message/delivery-status" || type == "message/global-delivery-status")) {
      found_.status_type = type;
      found_.fields = content_of(part);
    }
  }

  /// Of several the whole message counts.
  void returned(std::string kind, std::string message_id) {
    if (!found_.returned.empty() && kind != "message") return;
    found_.returned = std::move(kind);
    found_.returned_message_id = std::move(message_id);
  }

  Notification found_;
};

} // namespace

Notification read_notification(std::string_view content) {
  if (!is_within(ContentLimits(), content)) return {};
  const Owned<GMimeMessage> message = parse_message(content);
  GMimeObject* const body = message ? g_mime_message_get_mime_part(message.get()) : nullptr;
  if (body == nullptr) return {};
  NotificationWalk walk;
  walk.whole(body);
  return walk.take();
}

} // namespace tempfail::mime
