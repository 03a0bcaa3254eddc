// Decodes a message's parts piece by piece and looks for marks in what comes out.
#include "mime/marks.hpp"

#include "base/ascii.hpp"
#include "mime/gmime_objects.hpp"
#include "mime/letters.hpp"
#include "mime/mark_reader.hpp"
#include "wire/content_hash.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace tempfail::mime {
namespace {

/// How often each mark is in a part, or in several.
using Counts = std::map<std::string, std::size_t>;

void add_word(std::string& list, std::string_view word) {
  if (!list.empty()) list += ' ';
  list += word;
}

/// The parts of one message, and what was found in them.
class Search {
 public:
  explicit Search(const MarkLimits& limits) : limits_(limits) {}

  /// False: over a limit.
  bool all(GMimeMessage* it) {
    Counts counts;
    if (!message(it, 0, counts)) return false;
    for (const auto& [name, count] : counts)
      if (count > 1 && marks_seen_.contains(name)) add_word(marks_.repeated, name);
    for (const char* field : {"From", "Date", "Subject"})
      if (lacks(it, field)) add_word(marks_.missing_fields, field);
    note_repeated_fields(it);
    note_strangers();
    if (is_hashed_ && !is_hashed_as_html_)
      marks_.text_hash = std::max<std::uint64_t>(hash_.value(), 1);
    return true;
  }
  Marks take() { return std::move(marks_); }

 private:
  static bool lacks(GMimeMessage* it, const char* field) {
    GMimeHeader* const header =
        g_mime_header_list_get_header(g_mime_object_get_header_list(GMIME_OBJECT(it)), field);
    return header == nullptr ||
           text_or_empty(g_mime_header_get_raw_value(header)).find_first_not_of(" \t\r\n") ==
               std::string_view::npos;
  }

  void note_repeated_fields(GMimeMessage* it) {
    constexpr std::array<const char*, 11> once = {
        "From",       "Sender",      "Reply-To",   "To",      "Cc",  "Bcc",
        "Message-ID", "In-Reply-To", "References", "Subject", "Date"};
    std::array<std::size_t, once.size()> counts{};
    GMimeHeaderList* const headers = g_mime_object_get_header_list(GMIME_OBJECT(it));
    for (int i = 0; i < g_mime_header_list_get_count(headers); ++i) {
      const std::string_view name =
          text_or_empty(g_mime_header_get_name(g_mime_header_list_get_header_at(headers, i)));
      for (std::size_t k = 0; k < once.size(); ++k)
        if (base::equal_ignoring_case(name, once[k]) && ++counts[k] == 2)
          add_word(marks_.repeated_fields, once[k]);
    }
  }

  /// Of messages that the parts are not. A message of which no part shows a mark has none at all.
  void note_strangers() {
    if (marks_seen_.empty()) return;
    const auto id_of = [](std::string_view name) { return name.substr(0, name.rfind('-')); };
    for (const std::string& name : outside_) {
      const auto is_of_same = [&](const std::string& seen) { return id_of(seen) == id_of(name); };
      if (std::none_of(marks_seen_.begin(), marks_seen_.end(), is_of_same))
        add_word(marks_.found, name);
    }
  }

  bool message(GMimeMessage* message, std::size_t depth, Counts& counts) {
    GMimeObject* const body = g_mime_message_get_mime_part(message);
    return body == nullptr || object(body, depth + 1, false, counts);
  }

  bool object(GMimeObject* part, std::size_t depth, bool in_report, Counts& counts) {
    if (depth > limits_.depth) return false;
    if (GMIME_IS_MULTIPART(part)) return multipart(part, depth, counts);
    if (GMIME_IS_MESSAGE_PART(part)) {
      // What a notification returns is not what was delivered.
      GMimeMessage* const inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part));
      return in_report || inner == nullptr || message(inner, depth, counts);
    }
    if (GMIME_IS_PART(part)) leaf(GMIME_PART(part), counts);
    return marks_seen_.size() <= limits_.marks;
  }

  bool multipart(GMimeObject* part, std::size_t depth, Counts& counts) {
    GMimeContentType* const type = g_mime_object_get_content_type(part);
    const bool is_report = g_mime_content_type_is_type(type, "multipart", "report") != 0;
    const bool is_choice = g_mime_content_type_is_type(type, "multipart", "alternative") != 0;
    GMimeMultipart* const parts = GMIME_MULTIPART(part);
    for (int i = 0; i < g_mime_multipart_get_count(parts); ++i) {
      Counts one;
      if (!object(g_mime_multipart_get_part(parts, i), depth + 1, is_report, one)) return false;
      for (const auto& [name, count] : one)
        counts[name] = is_choice ? std::max(counts[name], count) : counts[name] + count;
    }
    for (const char* aside :
         {g_mime_multipart_get_prologue(parts), g_mime_multipart_get_epilogue(parts)})
      outside(text_or_empty(aside), counts);
    return true;
  }

  void leaf(GMimePart* part, Counts& counts) {
    GMimeDataWrapper* const content = g_mime_part_get_content(part);
    GMimeStream* const encoded =
        content == nullptr ? nullptr : g_mime_data_wrapper_get_stream(content);
    if (encoded == nullptr) return;
    g_mime_stream_reset(encoded);
    const Owned<GMimeStream> decoded(g_mime_stream_filter_new(encoded));
    const GMimeContentEncoding encoding = g_mime_data_wrapper_get_encoding(content);
    if (encoding == GMIME_CONTENT_ENCODING_BASE64 ||
        encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
        encoding == GMIME_CONTENT_ENCODING_UUENCODE) {
      const Owned<GMimeFilter> filter(g_mime_filter_basic_new(encoding, FALSE));
      g_mime_stream_filter_add(GMIME_STREAM_FILTER(decoded.get()), filter.get());
    }
    MarkReader reader([&](const FoundMark& mark) { note(mark, GMIME_OBJECT(part), counts); });
    is_marked_text_ = false;
    wire::ContentHash whole;
    reader.on_text([&](std::string_view text) {
      whole.add(text);
      if (is_marked_text_) hash_.add(text);
    });
    has_attachment_mark_ = false;
    std::array<char, 16384> piece{};
    while (true) {
      const auto size = g_mime_stream_read(decoded.get(), piece.data(), piece.size());
      if (size <= 0) break;
      reader.add({piece.data(), static_cast<std::size_t>(size)});
    }
    reader.finish();
    if (has_attachment_mark_) hash_.add(std::to_string(whole.value()));
    marks_.text_size += reader.text_size();
  }

  /// What an alternative repeats is hashed once.
  void note_marked_text(MarkPlace place, bool is_new, GMimeObject* part) {
    if (place == MarkPlace::end) is_marked_text_ = false;
    if (!is_new || (place != MarkPlace::begin && place != MarkPlace::attachment)) return;
    is_hashed_ = true;
    (place == MarkPlace::begin ? is_marked_text_ : has_attachment_mark_) = true;
    is_hashed_as_html_ = is_hashed_as_html_ || is_html(part);
  }

  static bool is_html(GMimeObject* part) {
    return g_mime_content_type_is_type(g_mime_object_get_content_type(part), "text", "html") != 0;
  }

  /// Before the first part and after the last: no reader shows it.
  void outside(std::string_view text, Counts& counts) {
    MarkReader reader([&](const FoundMark& mark) {
      if (counts.size() <= limits_.marks) ++counts[mark.name()];
      if (outside_.size() <= limits_.marks) outside_.insert(mark.name());
    });
    reader.add(text);
    reader.finish();
  }

  void note(const FoundMark& mark, GMimeObject* part, Counts& counts) {
    if (marks_seen_.size() > limits_.marks) return;
    const std::string name = mark.name();
    ++counts[name];
    if (mark.place == MarkPlace::letters && !marks_.letters) {
      GMimeContentType* const type = g_mime_object_get_content_type(part);
      marks_.letters = letters_in_utf8(
          mark.letters, text_or_empty(g_mime_content_type_get_parameter(type, "charset")),
          is_html(part));
    }
    const bool is_new = marks_seen_.insert(name).second;
    note_marked_text(mark.place, is_new, part);
    const bool has_one_dot = mark.place != MarkPlace::dot || mark.dots == 1;
    const std::string as_it_is = name + (has_one_dot ? "" : mark.dots == 0 ? "less" : "dot");
    if (written_.insert(as_it_is).second) add_word(marks_.found, as_it_is);
  }

  const MarkLimits& limits_;
  Marks marks_;
  std::set<std::string> marks_seen_; ///< without what is said of their dots
  std::set<std::string> written_;    ///< in Marks::found
  std::set<std::string> outside_;    ///< before the first part or after the last
  wire::ContentHash hash_;           ///< Marks::text_hash
  bool is_marked_text_ = false;      ///< what comes is counted in it
  bool has_attachment_mark_ = false; ///< the part that is being read, which is counted as a whole
  bool is_hashed_ = false;
  bool is_hashed_as_html_ = false;
};

} // namespace

std::optional<Marks> find_marks(std::string_view content, const MarkLimits& limits) {
  if (!is_within(limits.message, content)) return std::nullopt;
  const Owned<GMimeMessage> message = parse_message(content);
  if (!message) return Marks{};
  Search search(limits);
  if (!search.all(message.get())) return std::nullopt;
  return search.take();
}

} // namespace tempfail::mime
