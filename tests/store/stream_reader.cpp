// Asks by the blocking interface of hiredis.
#include "store/stream_reader.hpp"

#include <hiredis/hiredis.h>
#include <initializer_list>
#include <memory>
#include <stdexcept>

namespace tempfail::test {
namespace {

using Reply = std::unique_ptr<redisReply, void (*)(void*)>;

class Connection {
 public:
  explicit Connection(const store::Address& address)
      : redis_(redisConnectUnix(address.path.c_str()), &redisFree) {
    if (!redis_ || redis_->err != 0) throw std::runtime_error("no connection to redis-server");
  }
  Reply ask(std::initializer_list<std::string> words) {
    std::vector<const char*> texts;
    for (const std::string& word : words)
      texts.push_back(word.c_str());
    Reply reply(static_cast<redisReply*>(redisCommandArgv(
                    redis_.get(), static_cast<int>(texts.size()), texts.data(), nullptr)),
                &freeReplyObject);
    if (!reply || reply->type == REDIS_REPLY_ERROR) throw std::runtime_error("no answer");
    return reply;
  }

 private:
  std::unique_ptr<redisContext, void (*)(redisContext*)> redis_;
};

std::string text_of(const redisReply& reply) {
  return reply.str == nullptr ? std::string() : std::string(reply.str, reply.len);
}

} // namespace

std::vector<std::string> entries_of(const store::Address& address, const std::string& run) {
  std::vector<std::string> entries;
  const Reply all = Connection(address).ask({"XRANGE", "tempfail:" + run + ":journal", "-", "+"});
  for (std::size_t i = 0; i < all->elements; ++i) {
    const redisReply& fields = *all->element[i]->element[1];
    for (std::size_t j = 0; j + 1 < fields.elements; j += 2)
      if (text_of(*fields.element[j]) == "lines")
        entries.push_back(text_of(*fields.element[j + 1]));
  }
  return entries;
}

std::string lease_in(const store::Address& address, const std::string& run) {
  Connection redis(address);
  const Reply keys = redis.ask({"KEYS", "tempfail:" + run + ":node:*"});
  return keys->elements == 1 ? text_of(*redis.ask({"GET", text_of(*keys->element[0])}))
                             : std::string();
}

} // namespace tempfail::test
