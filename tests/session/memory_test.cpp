// What a session costs: memory while it waits, and allocations on the healthy path.
#include "session/talk.hpp"

#include "support/catch.hpp"

#include <cstdlib>
#include <new>

#include <malloc.h>

using namespace tempfail;
using namespace tempfail::test;

namespace {

std::size_t allocations = 0;
std::size_t bytes_held = 0;

void* counted_or_null(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) return nullptr;
  ++allocations;
  bytes_held += malloc_usable_size(memory);
  return memory;
}

void* counted(std::size_t size) {
  void* const memory = counted_or_null(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

} // namespace

void* operator new(std::size_t size) {
  return counted(size);
}
void* operator new[](std::size_t size) {
  return counted(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted_or_null(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return counted_or_null(size);
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) bytes_held -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  operator delete(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  operator delete(memory);
}

TEST_CASE("memory: a session before its greeting needs less than 400 bytes") {
  TalkServer server(healthy());
  scenario::Scenario late = healthy("late");
  late.server.rules.push_back(
      rule(scenario::Stage::greeting,
           {scenario::action::Delay{std::chrono::seconds(9), std::chrono::seconds(9)}}));
  TalkServer late_server(late);
  session::Effects out;
  server.state.connected("127.0.0.1", {}); // the state's own entry for this client
  late_server.state.connected("127.0.0.1", {});
  for (TalkServer* each : {&server, &late_server}) {
    out.clear();
    out.list.reserve(64);
    out.bytes.reserve(4096);
    const std::size_t before = bytes_held;
    const auto session =
        session::make_session(each->prepared, each->state, {"127.0.0.1", 1, 25, false}, 1);
    session->start({}, out);
    CHECK(bytes_held - before + sizeof session <= 400);
  }
}

TEST_CASE("memory: commands of the healthy path allocate nothing, a message a few times") {
  TalkServer server(healthy());
  session::Effects out;
  const auto session =
      session::make_session(server.prepared, server.state, {"127.0.0.1", 1, 25, false}, 1);
  session->start({}, out);
  const auto allocations_of = [&](std::string_view input) {
    out.clear();
    const std::size_t before = allocations;
    session->receive(input, {}, out);
    return allocations - before;
  };
  const std::string message =
      "MAIL FROM:<sender@client.test> SIZE=1000\r\nRCPT TO:<recipient@mx.test>\r\nDATA\r\n";
  const std::string content =
      "Message-ID: <1@client.test>\r\nSubject: x\r\n\r\n" + std::string(900, 'x') + "\r\n.\r\n";
  allocations_of("EHLO c\r\n");
  allocations_of(message);
  allocations_of(content); // whatever grows has grown
  CHECK(allocations_of("NOOP\r\nRSET\r\nNOOP\r\n") == 0);
  CHECK(allocations_of(message) <= 8);
  CHECK(allocations_of(content) <= 4);
}
