// The scan works on bit masks of the content, a few kilobytes at a time.
#include "wire/content_scan.hpp"

#include "base/ascii.hpp"
#include "wire/byte_masks.hpp"

#include <algorithm>
#include <bit>

namespace tempfail::wire {
namespace {

constexpr std::uint64_t first_bits(std::size_t count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

/// Masks of `bytes`, which are less than a batch; a block that is not full is filled up with bytes
/// that mean nothing. Returns how many bytes of `bytes` the masks speak of.
std::size_t fill_masks(std::string_view bytes, ByteMasks& masks) {
  const std::size_t blocks = std::min(bytes.size() / block_size, blocks_per_batch);
  if (blocks != 0) {
    find_byte_masks(bytes.data(), blocks, masks);
    return blocks * block_size;
  }
  std::array<char, block_size> copy;
  copy.fill('x');
  std::copy(bytes.begin(), bytes.end(), copy.begin());
  find_byte_masks(copy.data(), 1, masks);
  return bytes.size();
}

} // namespace

std::size_t ContentScan::scan_batch(std::string_view bytes, std::size_t batch,
                                    const ByteMasks& masks, bool stop_at_dot) {
  std::uint64_t cr_before = after_cr ? 1 : 0;
  std::uint64_t longest = longest_line;
  std::uint64_t carried = line_length; // bytes of the current line that came in earlier batches
  std::size_t line_begin = 0;          // of the current line, or the batch's begin
  std::size_t end = batch;
  for (std::size_t offset = 0, i = 0; offset < end; offset += block_size, ++i) {
    const std::uint64_t lf = masks.lf[i];
    const std::uint64_t behind_cr = masks.cr[i] << 1U | cr_before;
    for (std::uint64_t rest = lf; rest != 0; rest &= rest - 1) {
      const auto bit = static_cast<unsigned>(std::countr_zero(rest));
      const std::size_t next = offset + bit + 1;
      longest = std::max(longest, carried + (next - line_begin));
      line_begin = next;
      carried = 0;
      if (stop_at_dot && next < bytes.size() && bytes[next] == '.' &&
          (behind_cr >> bit & 1U) != 0) {
        end = next;
        break;
      }
    }
    const std::size_t length = std::min(block_size, end - offset);
    if (const std::uint64_t stray = (lf ^ behind_cr) & first_bits(length); stray != 0) {
      bare_lf = bare_lf || (stray & lf) != 0;
      bare_cr = bare_cr || (stray & ~lf) != 0;
    }
    cr_before = masks.cr[i] >> (length - 1) & 1U;
    at_line_start = ((lf & behind_cr) >> (length - 1) & 1U) != 0;
  }
  after_cr = cr_before != 0;
  longest_line = longest;
  line_length = carried + (end - line_begin);
  return end;
}

std::size_t ContentScan::scan(std::string_view bytes, bool stop_at_dot) {
  ByteMasks masks;
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const std::string_view rest = bytes.substr(taken);
    const std::size_t batch = fill_masks(rest, masks);
    const std::size_t end = scan_batch(rest, batch, masks, stop_at_dot);
    const std::string_view seen = rest.substr(0, end);
    const bool whole = end == batch;
    if (masks.eight_bit) eight_bit = eight_bit || whole || !base::is_ascii(seen);
    if (masks.nul) nul = nul || whole || seen.find('\0') != std::string_view::npos;
    taken += end;
    if (end < rest.size() && at_line_start && rest[end] == '.' && stop_at_dot) break;
  }
  return taken;
}

} // namespace tempfail::wire
