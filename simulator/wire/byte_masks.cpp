// One version for each instruction set; the best one that runs here is chosen when the program
// starts.
#include "wire/byte_masks.hpp"

#ifdef __SSE2__
#include <immintrin.h>
#endif

namespace tempfail::wire {
namespace {

#ifdef __SSE2__

std::uint64_t bits_of(__m128i v0, __m128i v1, __m128i v2, __m128i v3, __m128i wanted) {
  const auto bits = [wanted](__m128i v) {
    return std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(v, wanted)))};
  };
  return bits(v0) | bits(v1) << 16U | bits(v2) << 32U | bits(v3) << 48U;
}

void find_with_sse2(const char* bytes, std::size_t count, ByteMasks& masks) {
  __m128i any = _mm_setzero_si128();
  __m128i least = _mm_set1_epi8(-1);
  const auto* vectors = reinterpret_cast<const __m128i*>(bytes);
  for (std::size_t i = 0; i < count; ++i, vectors += 4) {
    const __m128i v0 = _mm_loadu_si128(vectors);
    const __m128i v1 = _mm_loadu_si128(vectors + 1);
    const __m128i v2 = _mm_loadu_si128(vectors + 2);
    const __m128i v3 = _mm_loadu_si128(vectors + 3);
    any = _mm_or_si128(any, _mm_or_si128(_mm_or_si128(v0, v1), _mm_or_si128(v2, v3)));
    least = _mm_min_epu8(least, _mm_min_epu8(_mm_min_epu8(v0, v1), _mm_min_epu8(v2, v3)));
    masks.lf[i] = bits_of(v0, v1, v2, v3, _mm_set1_epi8('\n'));
    masks.cr[i] = bits_of(v0, v1, v2, v3, _mm_set1_epi8('\r'));
  }
  masks.eight_bit = _mm_movemask_epi8(any) != 0;
  masks.nul = _mm_movemask_epi8(_mm_cmpeq_epi8(least, _mm_setzero_si128())) != 0;
}

__attribute__((target("avx2"))) void find_with_avx2(const char* bytes, std::size_t count,
                                                    ByteMasks& masks) {
  __m256i any = _mm256_setzero_si256();
  __m256i least = _mm256_set1_epi8(-1);
  const __m256i lf = _mm256_set1_epi8('\n');
  const __m256i cr = _mm256_set1_epi8('\r');
  const auto* vectors = reinterpret_cast<const __m256i*>(bytes);
  for (std::size_t i = 0; i < count; ++i, vectors += 2) {
    const __m256i v0 = _mm256_loadu_si256(vectors);
    const __m256i v1 = _mm256_loadu_si256(vectors + 1);
    any = _mm256_or_si256(any, _mm256_or_si256(v0, v1));
    least = _mm256_min_epu8(least, _mm256_min_epu8(v0, v1));
    const auto lf0 = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(v0, lf)));
    const auto lf1 = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(v1, lf)));
    const auto cr0 = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(v0, cr)));
    const auto cr1 = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(v1, cr)));
    masks.lf[i] = lf0 | std::uint64_t{lf1} << 32U;
    masks.cr[i] = cr0 | std::uint64_t{cr1} << 32U;
  }
  masks.eight_bit = _mm256_movemask_epi8(any) != 0;
  masks.nul = _mm256_movemask_epi8(_mm256_cmpeq_epi8(least, _mm256_setzero_si256())) != 0;
}

using Find = void (*)(const char*, std::size_t, ByteMasks&);
const Find find_best = __builtin_cpu_supports("avx2") ? find_with_avx2 : find_with_sse2;

#else

void find_best(const char* bytes, std::size_t count, ByteMasks& masks) {
  masks.eight_bit = false;
  masks.nul = false;
  for (std::size_t i = 0; i < count; ++i, bytes += block_size) {
    masks.lf[i] = 0;
    masks.cr[i] = 0;
    for (std::size_t bit = 0; bit < block_size; ++bit) {
      const auto byte = static_cast<unsigned char>(bytes[bit]);
      masks.lf[i] |= std::uint64_t{byte == '\n'} << bit;
      masks.cr[i] |= std::uint64_t{byte == '\r'} << bit;
      masks.eight_bit = masks.eight_bit || byte >= 0x80U;
      masks.nul = masks.nul || byte == 0;
    }
  }
}

#endif

} // namespace

void find_byte_masks(const char* bytes, std::size_t count, ByteMasks& masks) {
  find_best(bytes, count, masks);
}

} // namespace tempfail::wire
