// Walks the parts of any message, and decodes what is shown of it.
#include "mime/mail_view.hpp"

#include "mime/gmime_objects.hpp"
#include "mime/marks.hpp"

namespace tempfail::mime {
namespace {

/// Those of a group stand for themselves.
void add_addresses(InternetAddressList* list, std::vector<MailAddress>& to, int depth = 0) {
  constexpr int deepest = 10;
  if (list == nullptr || depth > deepest) return;
  for (int i = 0; i < internet_address_list_length(list); ++i) {
    InternetAddress* const one = internet_address_list_get_address(list, i);
    if (INTERNET_ADDRESS_IS_MAILBOX(one))
      to.push_back({std::string(text_or_empty(internet_address_get_name(one))),
                    std::string(text_or_empty(
                        internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(one))))});
    else if (INTERNET_ADDRESS_IS_GROUP(one))
      add_addresses(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(one)), to, depth + 1);
  }
}

std::size_t size_of(GMimePart* part) {
  GMimeDataWrapper* const content = g_mime_part_get_content(part);
  if (content == nullptr) return 0;
  const Owned<GMimeStream> nowhere(g_mime_stream_null_new());
  const auto size = g_mime_data_wrapper_write_to_stream(content, nowhere.get());
  return size < 0 ? 0 : static_cast<std::size_t>(size);
}

class Walk {
 public:
  explicit Walk(MailView& view) : view_(view) {}

  void object(GMimeObject* part, const std::string& place, std::size_t depth) {
    constexpr std::size_t deepest = 20;
    if (part == nullptr || depth > deepest) return;
    if (GMIME_IS_MULTIPART(part)) {
      GMimeMultipart* const parts = GMIME_MULTIPART(part);
      for (int i = 0; i < g_mime_multipart_get_count(parts); ++i)
        object(g_mime_multipart_get_part(parts, i),
               (place.empty() ? "" : place + ".") + std::to_string(i + 1), depth + 1);
    } else if (GMIME_IS_PART(part)) {
      leaf(GMIME_PART(part), place.empty() ? "1" : place);
    } else {
      attachment(part, place, 0);
    }
  }

 private:
  void leaf(GMimePart* part, const std::string& place) {
    const std::string type = type_of(GMIME_OBJECT(part));
    const bool is_attached = g_mime_part_is_attachment(part) != 0;
    if (is_attached || !GMIME_IS_TEXT_PART(part) || (type != "text/plain" && type != "text/html"))
      return attachment(GMIME_OBJECT(part), place, size_of(part));
    char* const text = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
    (type == "text/html" ? view_.html : view_.text) += text_or_empty(text);
    g_free(text);
  }

  void attachment(GMimeObject* part, const std::string& place, std::size_t size) {
    Attachment found;
    found.part = place;
    if (GMIME_IS_PART(part))
      found.file_name = text_or_empty(g_mime_part_get_filename(GMIME_PART(part)));
    found.content_type = type_of(part);
    found.content_id = text_or_empty(g_mime_object_get_content_id(part));
    found.size = size;
    const char* const disposition = g_mime_object_get_disposition(part);
    found.is_inline = disposition != nullptr && std::string_view(disposition) == "inline";
    view_.attachments.push_back(std::move(found));
  }

  MailView& view_;
};

} // namespace

MailView view_mail(std::string_view content) {
  MailView view;
  if (!is_within({}, content)) return view;
  const Owned<GMimeMessage> message = parse_message(content);
  if (!message) return view;
  GMimeMessage* const it = message.get();
  const auto add = [it](GMimeAddressType type, std::vector<MailAddress>& to) {
    add_addresses(g_mime_message_get_addresses(it, type), to);
  };
  add(GMIME_ADDRESS_TYPE_FROM, view.from);
  add(GMIME_ADDRESS_TYPE_TO, view.to);
  add(GMIME_ADDRESS_TYPE_CC, view.cc);
  add(GMIME_ADDRESS_TYPE_BCC, view.bcc);
  add(GMIME_ADDRESS_TYPE_REPLY_TO, view.reply_to);
  view.subject = text_or_empty(g_mime_message_get_subject(it));
  if (GDateTime* const date = g_mime_message_get_date(it)) view.date = g_date_time_to_unix(date);
  Walk(view).object(g_mime_message_get_mime_part(it), {}, 0);
  return view;
}

} // namespace tempfail::mime
