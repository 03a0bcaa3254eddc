// Fuzzes the data reader. Invariants:
// - Segments don't matter: facts, kept content and where it ends are the same.
// - Its size is that of the content kept when nothing limits it, and never more than what was consumed.
// - A message is complete exactly behind CR LF . CR LF (or . CR LF in front); nothing behind it is consumed.
// - The headers are the front of the content. No more than the limits is kept.
#include "fuzz/targets.hpp"

#include "wire/data_reader.hpp"

#include <algorithm>
#include <string>

namespace tempfail::fuzz {
namespace {

using wire::ContentFacts;
using wire::DataReader;

constexpr std::size_t unlimited = std::size_t{1} << 30U;

struct Result {
  ContentFacts facts;
  std::string content;
  std::uint64_t consumed = 0;
  bool complete = false;
};

Result read(std::string_view stream, std::size_t step, DataReader::Framing framing,
            std::size_t header_limit, std::size_t content_limit) {
  DataReader reader(framing, header_limit, content_limit);
  Result result;
  while (!stream.empty() && !result.complete) {
    std::string_view segment = stream.substr(0, step);
    const std::size_t offered = segment.size();
    result.complete = reader.feed(segment);
    require(result.complete || segment.empty(), "content: all is consumed until the end");
    stream.remove_prefix(offered - segment.size());
  }
  if (framing == DataReader::Framing::chunks) reader.finish();
  result.facts = reader.facts();
  result.content = reader.content();
  result.consumed = reader.bytes_consumed();
  return result;
}

bool same(const Result& a, const Result& b) {
  return a.facts.size == b.facts.size && a.facts.hash == b.facts.hash &&
         a.facts.received_fields == b.facts.received_fields &&
         a.facts.longest_line == b.facts.longest_line && a.facts.bare_lf == b.facts.bare_lf &&
         a.facts.bare_cr == b.facts.bare_cr && a.facts.eight_bit == b.facts.eight_bit &&
         a.facts.unstuffed_dot == b.facts.unstuffed_dot && a.facts.nul == b.facts.nul &&
         a.facts.headers == b.facts.headers && a.content == b.content && a.consumed == b.consumed &&
         a.complete == b.complete;
}

/// Where the message ends, found the simple way; npos when it doesn't.
std::size_t end_of(std::string_view stream) {
  constexpr std::string_view last = "\r\n.\r\n";
  if (stream.starts_with(last.substr(2))) return 3;
  const std::size_t found = stream.find(last);
  return found == std::string_view::npos ? found : found + last.size();
}

} // namespace

void fuzz_content(std::string_view input) {
  const auto framing =
      take_byte(input) % 4 == 0 ? DataReader::Framing::chunks : DataReader::Framing::dots;
  const std::size_t step = 1 + take_byte(input);
  const std::size_t limit = take_byte(input);
  const std::size_t whole_step = std::max<std::size_t>(input.size(), 1);
  const Result whole = read(input, whole_step, framing, unlimited, unlimited);
  require(same(whole, read(input, 1, framing, unlimited, unlimited)),
          "content: byte by byte is the same");
  require(same(whole, read(input, step, framing, unlimited, unlimited)),
          "content: any segments are the same");
  require(whole.facts.size == whole.content.size(), "content: the size is that of what is kept");
  require(whole.facts.size <= whole.consumed, "content: not larger than what came");
  require(whole.content.starts_with(whole.facts.headers), "content: headers are its front");
  if (framing == DataReader::Framing::dots) {
    const std::size_t end = end_of(input);
    require(whole.complete == (end != std::string_view::npos),
            "content: complete at the final dot only");
    require(!whole.complete || whole.consumed == end,
            "content: nothing behind the final dot is consumed");
  } else {
    require(whole.content == input, "content: chunks come as they are");
  }
  const Result limited = read(input, step, framing, limit, limit);
  require(limited.facts.hash == whole.facts.hash, "content: limits don't change the hash");
  require(limited.facts.headers == whole.facts.headers.substr(0, limit),
          "content: headers within the limit");
  require(limited.content == whole.content.substr(0, limit), "content: content within the limit");
}

} // namespace tempfail::fuzz
