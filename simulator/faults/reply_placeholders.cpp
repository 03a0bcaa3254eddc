// Fills placeholders in.
#include "faults/reply_placeholders.hpp"

#include <algorithm>

namespace tempfail::faults {

void append_filled(std::string_view text, const ReplyPlaceholderValues& values, std::string& out) {
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) return;
    text.remove_prefix(open);
    const std::size_t close = text.find('}');
    const std::string_view name =
        close == std::string_view::npos ? std::string_view() : text.substr(1, close - 1);
    const auto* const found =
        std::find_if(reply_placeholders.begin(), reply_placeholders.end(),
                     [name](const ReplyPlaceholder& each) { return each.name == name; });
    if (found != reply_placeholders.end()) {
      out.append(found->text(values));
      text.remove_prefix(close + 1);
    } else {
      out += '{';
      text.remove_prefix(1);
    }
  }
}

} // namespace tempfail::faults
