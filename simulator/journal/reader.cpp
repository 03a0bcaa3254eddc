// JSON Lines to events.
#include "journal/reader.hpp"

#include "journal/fields.hpp"

#include <algorithm>
#include <array>
#include <boost/json/src.hpp> // the library has no part of its own to link: it is compiled here, once
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace tempfail::journal {
namespace {

constexpr const char* not_an_object = "is not a JSON object";

} // namespace

const event::Server* Journal::server_of(const Event& event) const {
  const auto found = servers_.find({event.writer, event.server});
  return found == servers_.end() ? nullptr : &std::get<event::Server>(events_[found->second].body);
}

std::string_view Journal::scenario_of(const Event& event) const {
  const event::Server* const opened = server_of(event);
  return opened == nullptr ? std::string_view() : opened->scenario;
}

/// An exchange that was held back learns of its first reply; any other reply stands for itself.
void Journal::answer(const Event& event, const event::Reply& reply) {
  const auto found = open_.find(event.session_key());
  if (found == open_.end()) return;
  auto& exchange = std::get<event::Exchange>(events_[found->second].body);
  if (exchange.number != reply.exchange) return;
  exchange.answered = event.time;
  exchange.reply = reply.reply;
  exchange.code = reply.code;
  open_.erase(found);
}

/// The replies among the last `unsent` bytes that the session was told: they were recorded just before, in one batch.
void Journal::take_back(const Event& event, std::uint64_t unsent) {
  const std::uint64_t session = event.session_key();
  std::vector<Unsent>& taken = unsent_[session];
  for (std::size_t i = events_.size(); i > 0 && unsent > 0; --i) {
    Event& earlier = events_[i - 1];
    if (earlier.session_key() != session) continue;
    if (std::holds_alternative<event::Connect>(earlier.body)) return;
    if (const auto* reply = std::get_if<event::Reply>(&earlier.body))
      unsent -= std::min<std::uint64_t>(unsent, reply->reply.size());
    auto* const exchange = std::get_if<event::Exchange>(&earlier.body);
    if (exchange == nullptr || exchange->open) continue;
    unsent -= std::min<std::uint64_t>(unsent, exchange->reply.size());
    taken.push_back({i - 1, exchange->reply, exchange->code});
    exchange->open = true;
    exchange->answered.reset();
    exchange->reply = {};
    exchange->code = 0;
  }
}

void Journal::give_again(const Event& event) {
  const auto found = unsent_.find(event.session_key());
  if (found == unsent_.end()) return;
  for (const Unsent& one : found->second) {
    auto& exchange = std::get<event::Exchange>(events_[one.index].body);
    exchange.open = false;
    exchange.answered = event.time;
    exchange.reply = one.reply;
    exchange.code = one.code;
  }
  unsent_.erase(found);
}

/// The end that the session seemed to have before: it was recorded just before, in one batch with the replies.
void Journal::take_end_back(const Event& event) {
  for (std::size_t i = events_.size(); i > 0; --i) {
    Event& earlier = events_[i - 1];
    if (earlier.session_key() != event.session_key()) continue;
    if (std::holds_alternative<event::Connect>(earlier.body)) return;
    if (!std::holds_alternative<event::Disconnect>(earlier.body)) continue;
    earlier.body = event::Note{"not the end of the session: the replies before it were not sent"};
    return;
  }
}

void Journal::look_for_beginning(const Event& event) {
  if (event.session == 0 || !writers_.goes_on(event)) return;
  if (std::holds_alternative<event::Connect>(event.body))
    begun_.insert(event.session_key());
  else if (!begun_.contains(event.session_key()))
    headless_.insert(event.session_key());
}

/// Finds the event's writer. In a stream, what is missing before it is said.
void Journal::place(Event& event, bool again) {
  const std::optional<Moment> missing_since =
      is_stream_ ? writers_.missing_before(event, again) : std::nullopt;
  writers_.place(event);
  if (missing_since) add_missing(event, *missing_since, event::Missing::some);
}

void Journal::add(Event event, bool again) {
  if (is_stream_ ? writers_.has_number(event) : again && writers_.has(event)) return;
  if (const auto* run = std::get_if<event::Run>(&event.body))
    writers_.begin(*run, event.node, again);
  else if (is_stream_ && !writers_.knows(event.node))
    writers_.begin_without_run(event.node);
  place(event, again);
  look_for_beginning(event);
  if (!again && first_sequence_ == 0) first_sequence_ = event.sequence;
  if (std::holds_alternative<event::Server>(event.body)) {
    servers_[{event.writer, event.server}] = events_.size();
  } else if (const auto* exchange = std::get_if<event::Exchange>(&event.body)) {
    if (exchange->open) open_[event.session_key()] = events_.size();
  } else if (const auto* reply = std::get_if<event::Reply>(&event.body)) {
    answer(event, *reply);
  } else if (const auto* sending = std::get_if<event::Sending>(&event.body)) {
    if (sending->unsent > 0)
      take_back(event, sending->unsent);
    else
      give_again(event);
  } else if (const auto* end = std::get_if<event::Disconnect>(&event.body)) {
    if (end->instead) take_end_back(event);
    open_.erase(event.session_key());
    unsent_.erase(event.session_key());
  }
  events_.push_back(std::move(event));
}

void Journal::decode_line(std::string_view line, bool torn) {
  ++lines_;
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  // Nearly every line fits: no memory is asked for.
  std::array<unsigned char, 4096> near; // NOLINT(cppcoreguidelines-pro-type-member-init)
  json::monotonic_resource memory(near.data(), near.size());
  boost::system::error_code error;
  const json::value value = json::parse(line, error, &memory);
  if (!value.is_object()) { // after an error it is null
    bad_lines_.push_back({lines_, torn && line.starts_with('{') ? "was cut short" : not_an_object});
    return;
  }
  try {
    const json::object& object = value.get_object();
    const json::value* const name = object.if_contains("event");
    const Fields fields(object, memory_);
    if (name == nullptr || !name->is_string())
      throw std::invalid_argument("has a wrong `event`: it must be a word");
    Event event;
    event.time = fields.moment("time_us");
    event.sequence = fields.number<std::uint64_t>("seq");
    event.node = fields.text("node");
    event.server = fields.number<std::uint32_t>("server");
    event.session = fields.number<std::uint64_t>("session");
    std::optional<Body> body = read_body(name->get_string(), fields, event.time);
    if (!body) {
      ++unknown_events_;
      if (is_stream_ && !writers_.has_number(event))
        place(event, false); // its number is not missing
      return;
    }
    event.body = *body;
    add(event, fields.flag("again"));
  } catch (const std::invalid_argument& problem) {
    bad_lines_.push_back({lines_, problem.what()});
  } catch (const boost::system::system_error& problem) {
    bad_lines_.push_back({lines_, problem.what()});
  }
}

void Journal::append(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    decode_line(text.substr(0, end), end == std::string_view::npos);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void Journal::append_entry(std::string_view lines, Duration behind) {
  is_stream_ = true;
  writers_.set_behind(behind);
  append(lines);
}

void Journal::end_without_word(std::string_view node) {
  const Event last = writers_.last_of(node);
  add_missing(last, last.time, event::Missing::rest);
}

void Journal::add_missing(const Event& after, Moment since, event::Missing missing) {
  events_.push_back(missing_event(after, since, missing));
}

Event Journal::missing_event(const Event& after, Moment since, event::Missing missing) {
  event::Store store;
  store.lost = true;
  store.since = since;
  store.missing = missing;
  Event event{after.time, 0, 0, store};
  event.node = after.node;
  event.writer = after.writer;
  return event;
}

void Journal::note_early_ends() {
  std::map<std::uint32_t, Moment> last_connects; // by writer
  for (const Event& event : events_)
    if (std::holds_alternative<event::Connect>(event.body))
      last_connects[event.writer] = event.time;
  std::vector<Event> noted;
  noted.reserve(events_.size());
  for (Event& event : events_) {
    const bool is_early =
        std::holds_alternative<event::End>(event.body) &&
        std::any_of(last_connects.begin(), last_connects.end(), [&event](const auto& last) {
          return last.first != event.writer && last.second > event.time;
        });
    noted.push_back(std::move(event));
    if (is_early)
      noted.push_back(missing_event(noted.back(), noted.back().time, event::Missing::after_end));
  }
  events_ = std::move(noted);
  find_servers();
}

void Journal::put_in_order() {
  const auto is_earlier = [](const Event& a, const Event& b) { return a.time < b.time; };
  const bool are_several = std::any_of(events_.begin(), events_.end(), [&](const Event& event) {
    return event.writer != events_.front().writer;
  });
  if (!are_several || std::is_sorted(events_.begin(), events_.end(), is_earlier)) return;
  std::stable_sort(events_.begin(), events_.end(), is_earlier);
  open_.clear();
  unsent_.clear();
  find_servers();
}

void Journal::find_servers() {
  servers_.clear();
  for (std::size_t i = 0; i < events_.size(); ++i)
    if (std::holds_alternative<event::Server>(events_[i].body))
      servers_[{events_[i].writer, events_[i].server}] = i;
}

Moment Journal::last_moment() const {
  Moment last{};
  for (const Event& event : events_)
    last = std::max(last, event.time);
  return last;
}

void Journal::cut_after(Moment moment) {
  for (Event& event : events_) {
    auto* const store = std::get_if<event::Store>(&event.body);
    const bool is_loss = store != nullptr && store->lost && store->since <= moment;
    if (store == nullptr || (store->missing == event::Missing::nothing && !is_loss)) continue;
    if (store->missing == event::Missing::some && store->since > moment) continue;
    event.time = std::min(event.time, moment);
    store->since = std::min(store->since, moment);
  }
  std::erase_if(events_, [moment](const Event& event) { return event.time > moment; });
  open_.clear();
  unsent_.clear();
  find_servers();
}

Journal Journal::decode(std::string_view text) {
  constexpr std::size_t usual_line = 160; // bytes
  Journal journal;
  journal.events_.reserve(text.size() / usual_line);
  journal.append(text);
  return journal;
}

Journal Journal::read(const std::filesystem::path& file) {
  const auto close = [](std::FILE* stream) { std::fclose(stream); };
  const std::unique_ptr<std::FILE, decltype(close)> stream(std::fopen(file.c_str(), "rbe"), close);
  const auto fail = [&file] {
    throw std::system_error(errno, std::generic_category(), file.string());
  };
  if (!stream) fail();
  std::string text;
  char piece[65536];
  while (const std::size_t count = std::fread(piece, 1, sizeof piece, stream.get()))
    text.append(piece, count);
  if (std::ferror(stream.get()) != 0) fail();
  return decode(text);
}

} // namespace tempfail::journal
