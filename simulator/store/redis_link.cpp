// hiredis' asynchronous interface, with a time-out of our own: it has none.
#include "store/redis_link.hpp"

#include "state/store.hpp"
#include "store/fiber.hpp"
#include "store/redis_events.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <cassert>
#include <deque>
#include <hiredis/async.h>
#include <optional>
#include <utility>
#include <vector>

namespace tempfail::store {

namespace {

using Steady = std::chrono::steady_clock;

/// What an answer is waited for by: a fiber, a function, or nobody.
struct Question {
  Fiber* fiber = nullptr;
  std::function<void(const Numbers&)> then;
  Numbers answer{};
  std::string problem; ///< not empty: there is no answer
  bool answered = false;
};

/// Of a function's array of whole numbers.
Numbers numbers_of(const redisReply& reply, std::string& problem) {
  Numbers numbers{};
  if (reply.type == REDIS_REPLY_ERROR) {
    problem.assign(reply.str, reply.len);
  } else if (reply.type != REDIS_REPLY_ARRAY || reply.elements > numbers.size()) {
    problem = "its answer has an unexpected form";
  } else {
    for (std::size_t i = 0; i < reply.elements; ++i)
      numbers[i] = reply.element[i]->integer;
  }
  return numbers;
}

} // namespace

struct RedisLink::Impl : std::enable_shared_from_this<RedisLink::Impl> {
  Impl(boost::asio::io_context& context_given, Address address_given,
       std::function<void()> on_found_given, OnLost on_lost_given)
      : context(context_given), address(std::move(address_given)),
        on_found(std::move(on_found_given)), on_lost(std::move(on_lost_given)),
        pause(context_given), patience(context_given) {}

  void connect() {
    redisAsyncContext* const made = address.host.empty()
                                        ? redisAsyncConnectUnix(address.path.c_str())
                                        : redisAsyncConnect(address.host.c_str(), address.port);
    if (made == nullptr) return lose("no memory for a connection");
    if (made->err != 0) {
      const std::string why = made->errstr;
      redisAsyncFree(made);
      return lose(why);
    }
    redis = made;
    redis->data = this;
    attach_events(context, *redis);
    redisAsyncSetConnectCallback(redis, [](const redisAsyncContext* by, int status) {
      Impl& self = *static_cast<Impl*>(by->data);
      if (status == REDIS_OK) return self.load_functions();
      const std::string why = by->c.errstr;
      self.redis = nullptr; // which hiredis frees after this
      self.lose(why);
    });
    redisAsyncSetDisconnectCallback(redis, [](const redisAsyncContext* by, int status) {
      Impl& self = *static_cast<Impl*>(by->data);
      if (self.redis != by) return; // we have given it up ourselves
      self.redis = nullptr;
      self.lose(status == REDIS_OK ? "the connection ended" : by->c.errstr);
    });
    watch();
  }

  /// Answers come in order: after the last of these all functions are there.
  void load_functions() {
    if (address.database != 0) {
      const std::string number = std::to_string(address.database);
      prepare({"SELECT", number}, std::nullopt);
    }
    for (std::size_t i = 0; i < function_count; ++i)
      prepare({"SCRIPT", "LOAD", function_text(static_cast<Function>(i))}, i);
  }

  struct Preparation {
    std::optional<std::size_t> function;
  };

  void prepare(const std::vector<std::string>& words, std::optional<std::size_t> function) {
    begin_words();
    for (const std::string& word : words)
      add_word(word);
    send_words(
        [](redisAsyncContext* by, void* answer, void* data) {
          const std::unique_ptr<Preparation> owned(static_cast<Preparation*>(data));
          static_cast<Impl*>(by->data)->prepared(static_cast<redisReply*>(answer), *owned);
        },
        std::make_unique<Preparation>(Preparation{function}));
  }

  void prepared(const redisReply* reply, const Preparation& which) {
    if (!asked.empty()) asked.pop_front();
    if (reply == nullptr || redis == nullptr) return;
    if (reply->type == REDIS_REPLY_ERROR) return give_up(std::string(reply->str, reply->len));
    if (!which.function) return;
    names[*which.function].assign(reply->str, reply->len);
    if (*which.function + 1 != function_count) return;
    found = true;
    lost = false;
    silent_since.reset();
    if (on_found) on_found();
  }

  void begin_words() {
    texts.clear();
    lengths.clear();
  }
  void add_word(std::string_view word) {
    texts.push_back(word.data());
    lengths.push_back(word.size());
  }
  /// False: there is no connection that takes them.
  template <typename Data>
  bool send_words(redisCallbackFn* callback, std::unique_ptr<Data> data) {
    asked.push_back(Steady::now());
    if (redisAsyncCommandArgv(redis, callback, data.get(), static_cast<int>(texts.size()),
                              texts.data(), lengths.data()) != REDIS_OK) {
      asked.pop_back();
      return false;
    }
    static_cast<void>(data.release()); // the callback's now
    return true;
  }

  bool send(Function function, std::string_view base, std::string_view run, Arguments arguments,
            std::unique_ptr<Question> question) {
    begin_words();
    for (const std::string_view word :
         {std::string_view("EVALSHA"), std::string_view(names[static_cast<std::size_t>(function)]),
          std::string_view("2"), base, run})
      add_word(word);
    for (const std::string_view argument : arguments)
      add_word(argument);
    return send_words(
        [](redisAsyncContext* by, void* answer, void* data) {
          const std::unique_ptr<Question> owned(static_cast<Question*>(data));
          static_cast<Impl*>(by->data)->answered(static_cast<redisReply*>(answer), *owned);
        },
        std::move(question));
  }

  void answered(const redisReply* reply, Question& question) {
    if (reply == nullptr) note_silence();
    if (!asked.empty()) asked.pop_front();
    if (reply == nullptr)
      question.problem = why_lost;
    else
      question.answer = numbers_of(*reply, question.problem);
    question.answered = true;
    const std::string problem = question.problem;
    const std::shared_ptr<Impl> self = shared_from_this(); // what is resumed may end all this
    if (question.fiber != nullptr)
      question.fiber->resume();
    else if (problem.empty() && question.then)
      question.then(question.answer);
    // A server that does not understand us is as good as none.
    if (reply != nullptr && !problem.empty()) give_up(problem);
  }

  /// An entry of a stream on its way.
  struct Entry {
    std::function<void(bool)> then;
  };

  bool append(std::string_view stream, Arguments names_and_values, std::unique_ptr<Entry> entry) {
    begin_words();
    for (const std::string_view word : {std::string_view("XADD"), stream, std::string_view("*")})
      add_word(word);
    for (const std::string_view word : names_and_values)
      add_word(word);
    return send_words(
        [](redisAsyncContext* by, void* answer, void* data) {
          const std::unique_ptr<Entry> owned(static_cast<Entry*>(data));
          static_cast<Impl*>(by->data)->appended(static_cast<redisReply*>(answer), *owned);
        },
        std::move(entry));
  }

  void appended(const redisReply* reply, const Entry& entry) {
    if (reply == nullptr) note_silence();
    if (!asked.empty()) asked.pop_front();
    const bool is_there = reply != nullptr && reply->type != REDIS_REPLY_ERROR;
    const std::string problem =
        reply != nullptr && !is_there ? std::string(reply->str, reply->len) : std::string();
    const std::shared_ptr<Impl> self = shared_from_this(); // who is told may end all this
    entry.then(is_there);
    if (!problem.empty()) give_up(problem);
  }

  /// One timer that looks at the oldest question now and then.
  void watch() {
    patience.expires_after(longest_wait / 4);
    patience.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (error || self->redis == nullptr) return;
      const bool is_connecting = !self->found;
      const Steady::time_point oldest = self->asked.empty() ? Steady::now() : self->asked.front();
      if (is_connecting && self->asked.empty() &&
          Steady::now() - self->connecting_since > longest_wait)
        return self->give_up("no answer within 2 s");
      if (Steady::now() - oldest > longest_wait) return self->give_up("no answer within 2 s");
      self->watch();
    });
  }

  /// Ends the connection: all who wait are told.
  void give_up(const std::string& why) {
    if (redis == nullptr) return;
    redisAsyncContext* const former = std::exchange(redis, nullptr);
    mark_lost(why);
    redisAsyncFree(former);
    lose(why);
  }

  void mark_lost(const std::string& why) {
    note_silence();
    found = false;
    why_lost = why;
  }

  /// What was asked first of all that will not be answered.
  void note_silence() {
    if (!silent_since) silent_since = asked.empty() ? Steady::now() : asked.front();
  }

  void lose(const std::string& why) {
    mark_lost(why);
    asked.clear();
    patience.cancel();
    if (closed) return;
    if (!std::exchange(lost, true) && on_lost) on_lost(why, *silent_since);
    pause.expires_after(pause_before_reconnect);
    pause.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (error || self->closed) return;
      self->connecting_since = Steady::now();
      self->connect();
    });
  }

  boost::asio::io_context& context;
  Address address;
  std::function<void()> on_found;
  OnLost on_lost;
  boost::asio::steady_timer pause;
  boost::asio::steady_timer patience;
  redisAsyncContext* redis = nullptr;
  std::array<std::string, function_count> names; ///< as the server knows the functions
  std::deque<Steady::time_point> asked;          ///< of all that wait for an answer
  Steady::time_point connecting_since = Steady::now();
  std::vector<const char*> texts; // kept for their memory
  std::vector<std::size_t> lengths;
  std::optional<Steady::time_point> silent_since; ///< nothing: it answers
  std::string why_lost = "not connected yet";
  bool found = false;
  bool lost = false;
  bool closed = false;
};

RedisLink::RedisLink(boost::asio::io_context& context, Address address,
                     std::function<void()> on_found, OnLost on_lost)
    : impl_(std::make_shared<Impl>(context, std::move(address), std::move(on_found),
                                   std::move(on_lost))) {
  impl_->connect();
}

RedisLink::~RedisLink() {
  close();
}

bool RedisLink::is_found() const {
  return impl_->found;
}

Numbers RedisLink::ask(Function function, std::string_view base, std::string_view run,
                       Arguments arguments) {
  Fiber* const fiber = Fiber::current();
  assert(fiber != nullptr);
  if (!impl_->found) throw state::StoreLost(impl_->why_lost);
  auto made = std::make_unique<Question>();
  Question* const question = made.get();
  question->fiber = fiber;
  if (!impl_->send(function, base, run, arguments, std::move(made)))
    throw state::StoreLost("no request can be sent");
  /// A fiber that is destroyed while it waits leaves its question to nobody.
  struct Leaver {
    Question* question;
    bool resumed = false;
    ~Leaver() {
      if (!resumed) question->fiber = nullptr;
    }
  } leaver{question};
  fiber->suspend();
  leaver.resumed = true;
  if (!question->problem.empty()) throw state::StoreLost(question->problem);
  return question->answer;
}

bool RedisLink::post(Function function, std::string_view base, std::string_view run,
                     Arguments arguments, std::function<void(const Numbers&)> then) {
  if (!impl_->found) return false;
  auto question = std::make_unique<Question>();
  question->then = std::move(then);
  return impl_->send(function, base, run, arguments, std::move(question));
}

bool RedisLink::append(std::string_view stream, Arguments names_and_values,
                       std::function<void(bool)> then) {
  if (!impl_->found) return false;
  return impl_->append(stream, names_and_values,
                       std::make_unique<Impl::Entry>(Impl::Entry{std::move(then)}));
}

void RedisLink::close() {
  if (std::exchange(impl_->closed, true)) return;
  impl_->on_found = nullptr;
  impl_->on_lost = nullptr;
  impl_->pause.cancel();
  impl_->patience.cancel();
  impl_->give_up("the server stops");
}

} // namespace tempfail::store
