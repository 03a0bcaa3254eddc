// Reads the extensions out of an EHLO reply. Unknown and malformed ones are passed over.
#include "client/protocol/capabilities.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <charconv>

namespace tempfail::client {
namespace {

/// The words of a line; '=' separates too, for the ancient "AUTH=PLAIN".
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find_first_of(" \t="), line.size());
    if (end > 0) {
      words.push_back(base::upper(line.substr(0, end)));
    }
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

void take_size(Capabilities& result, const std::vector<std::string>& words) {
  result.size = true;
  if (words.size() < 2) {
    return;
  }
  std::uint64_t limit = 0;
  const char* end = words[1].data() + words[1].size();
  const auto parsed = std::from_chars(words[1].data(), end, limit);
  if (parsed.ec == std::errc{} && parsed.ptr == end && limit > 0) {
    result.size_limit = limit;
  }
}

} // namespace

Capabilities Capabilities::parse(const Reply& ehlo_reply) {
  Capabilities result;
  for (std::size_t index = 1; index < ehlo_reply.lines.size(); ++index) {
    const auto words = words_of(ehlo_reply.lines[index]);
    if (words.empty()) {
      continue;
    }
    const std::string& keyword = words.front();
    if (keyword == "SIZE") {
      take_size(result, words);
    } else if (keyword == "AUTH") {
      result.auth.insert(result.auth.end(), words.begin() + 1, words.end());
    }
    result.pipelining |= keyword == "PIPELINING";
    result.chunking |= keyword == "CHUNKING";
    result.eight_bit |= keyword == "8BITMIME";
    result.smtputf8 |= keyword == "SMTPUTF8";
    result.dsn |= keyword == "DSN";
    result.starttls |= keyword == "STARTTLS";
    result.requiretls |= keyword == "REQUIRETLS";
  }
  return result;
}

bool Capabilities::offers_auth(std::string_view mechanism) const {
  return std::find(auth.begin(), auth.end(), mechanism) != auth.end();
}

} // namespace tempfail::client
