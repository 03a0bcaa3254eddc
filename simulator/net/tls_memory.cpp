// OpenSSL's message buffers, in an arena of their own.
#include "net/tls_memory.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/ssl.h>

namespace tempfail::net {

namespace {

/// What OpenSSL asks for when a handshake begins: its BUF_MEM rounds a record's size up.
constexpr std::size_t message_bytes = (SSL3_RT_MAX_PLAIN_LENGTH + 3) / 3 * 4;
/// Handshakes at a time; what is beyond has its buffer from malloc(). Address space only.
constexpr std::uint32_t most_slots = 32'768;
/// Free slots that keep their pages, for the handshakes to come.
constexpr std::uint32_t most_warm_slots = 64;
constexpr std::uint32_t none = most_slots;

/// Who is offered the next message buffer of this thread.
thread_local MessageBuffer* offered = nullptr;

std::size_t round_up(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

struct Slot {
  MessageBuffer* owner;
  std::uint32_t next; ///< the next free one
  bool in_use;
};

/// A list of free slots, the last freed first.
struct FreeSlots {
  std::uint32_t first = none;
  std::uint32_t count = 0;

  bool empty() const { return first == none; }
  void push(Slot* slots, std::uint32_t number) {
    slots[number].next = std::exchange(first, number);
    ++count;
  }
  std::uint32_t pop(const Slot* slots) {
    --count;
    return std::exchange(first, slots[first].next);
  }
};

} // namespace

/// The slots, and before them the table that says whose they are. Never destroyed: OpenSSL frees its last
/// memory when the process ends. Which addresses are ours never changes; the rest is locked.
struct MessageArena {
  std::mutex mutex;
  std::size_t page_bytes = 0;
  std::size_t slot_bytes = 0;
  Slot* slots = nullptr;
  char* memory = nullptr;  ///< of the slots
  std::uint32_t begun = 0; ///< slots that were ever used
  FreeSlots warm;          ///< with their pages
  FreeSlots cold;          ///< without

  /// False: the system has no address space.
  bool reserve();

  std::size_t table_bytes() const { return round_up(most_slots * sizeof(Slot), page_bytes); }
  bool holds(const void* pointer) const {
    return reinterpret_cast<std::uintptr_t>(pointer) - reinterpret_cast<std::uintptr_t>(memory) <
           most_slots * slot_bytes;
  }
  char* memory_of(std::uint32_t slot) const { return memory + slot * slot_bytes; }
  void drop_pages(void* from) const { ::madvise(from, slot_bytes, MADV_DONTNEED); }

  /// Null: all slots are taken.
  void* take(MessageBuffer& owner);
  void free(void* pointer);
  /// Its owner is gone, OpenSSL still has it.
  void disown(void* pointer);
  std::size_t resident_bytes(char* from, std::size_t size) const;
  MessageMemory memory_use();

 private:
  std::uint32_t slot_at(const void* pointer) const {
    return static_cast<std::uint32_t>(
        static_cast<std::size_t>(static_cast<const char*>(pointer) - memory) / slot_bytes);
  }
};

namespace {

/// Set once, before OpenSSL hears of it.
MessageArena* arena = nullptr;

} // namespace

bool MessageArena::reserve() {
  page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  slot_bytes = round_up(message_bytes, page_bytes);
  const std::size_t size = table_bytes() + most_slots * slot_bytes;
  void* const start = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return false;
  ::madvise(start, size, MADV_NOHUGEPAGE); // a huge page would keep what a slot gives back
  slots = static_cast<Slot*>(start);
  memory = static_cast<char*>(start) + table_bytes();
  return true;
}

void* MessageArena::take(MessageBuffer& owner) {
  const std::lock_guard lock(mutex);
  std::uint32_t slot = begun;
  if (!warm.empty())
    slot = warm.pop(slots);
  else if (!cold.empty())
    slot = cold.pop(slots);
  else if (begun == most_slots)
    return nullptr;
  else
    ++begun;
  slots[slot] = {&owner, none, true};
  owner.memory_ = memory_of(slot);
  return owner.memory_;
}

void MessageArena::free(void* pointer) {
  const std::uint32_t slot = slot_at(pointer);
  const std::lock_guard lock(mutex);
  Slot& it = slots[slot];
  if (it.owner != nullptr) it.owner->memory_ = nullptr;
  it = {nullptr, none, false};
  if (warm.count < most_warm_slots) {
    warm.push(slots, slot);
  } else {
    drop_pages(pointer);
    cold.push(slots, slot);
  }
}

void MessageArena::disown(void* pointer) {
  const std::lock_guard lock(mutex);
  slots[slot_at(pointer)].owner = nullptr;
}

std::size_t MessageArena::resident_bytes(char* from, std::size_t size) const {
  std::vector<unsigned char> pages(size / page_bytes);
  if (pages.empty() || ::mincore(from, size, pages.data()) != 0) return 0;
  const auto resident = std::count_if(pages.begin(), pages.end(),
                                      [](unsigned char page) { return (page & 1U) != 0; });
  return static_cast<std::size_t>(resident) * page_bytes;
}

MessageMemory MessageArena::memory_use() {
  const std::lock_guard lock(mutex);
  MessageMemory use;
  use.total_bytes = resident_bytes(reinterpret_cast<char*>(slots), table_bytes()) +
                    resident_bytes(memory, begun * slot_bytes);
  for (std::uint32_t slot = 0; slot < begun; ++slot) {
    if (!slots[slot].in_use) continue;
    ++use.buffers;
    use.buffers_bytes += resident_bytes(memory_of(slot), slot_bytes);
  }
  return use;
}

namespace {

// What OpenSSL calls; the file and the line are its own.

void* allocate(std::size_t size, const char*, int) {
  return size == 0 ? nullptr : std::malloc(size);
}

void release(void* pointer, const char*, int) {
  if (arena->holds(pointer))
    arena->free(pointer);
  else
    std::free(pointer);
}

/// A message that is longer than a record: the buffer leaves its slot.
void* move_out(void* old, std::size_t size) {
  if (size <= arena->slot_bytes) return old;
  void* const moved = std::malloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, old, arena->slot_bytes);
  arena->free(old);
  return moved;
}

void* reallocate(void* old, std::size_t size, const char* file, int line) {
  if (old == nullptr) {
    void* slot = nullptr;
    if (size == message_bytes && offered != nullptr)
      slot = arena->take(*std::exchange(offered, nullptr));
    return slot != nullptr ? slot : allocate(size, file, line);
  }
  if (size == 0) {
    release(old, file, line);
    return nullptr;
  }
  return arena->holds(old) ? move_out(old, size) : std::realloc(old, size);
}

} // namespace

bool save_tls_memory() {
  if (arena != nullptr) return true;
  auto* const made = new MessageArena;
  if (made->reserve()) {
    arena = made;
    if (CRYPTO_set_mem_functions(allocate, reallocate, release) == 1) return true;
    arena = nullptr;
    ::munmap(made->slots, made->table_bytes() + most_slots * made->slot_bytes);
  }
  delete made;
  return false;
}

MessageMemory message_memory() {
  return arena == nullptr ? MessageMemory() : arena->memory_use();
}

MessageBuffer::~MessageBuffer() {
  if (memory_ != nullptr) arena->disown(memory_);
}

MessageBuffer::Offer::Offer(MessageBuffer& buffer) {
  if (!std::exchange(buffer.offered_, true)) offered = &buffer;
}

MessageBuffer::Offer::~Offer() {
  offered = nullptr;
}

void MessageBuffer::give_back_pages() {
  if (memory_ != nullptr) arena->drop_pages(memory_);
}

} // namespace tempfail::net
