// Reads JSON objects key by key.
#include "http/requests.hpp"

#include "base/base64.hpp"
#include "control/composed.hpp"

#include "http/problem.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace tempfail::http {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

[[noreturn]] void wrong(const std::string& what, std::string allowed = {}) {
  throw Problem(422, what, std::move(allowed));
}

std::string in_ticks(std::string_view key) {
  return "`" + std::string(key) + "`";
}

/// The object of a body; a body that is empty is an empty object.
class Body {
 public:
  Body(std::string_view text, std::initializer_list<std::string_view> keys) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) text = "{}";
    try {
      object_ = nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& error) {
      throw Problem(400, "the body is not valid JSON: byte " + std::to_string(error.byte));
    } catch (const nlohmann::json::out_of_range&) {
      throw Problem(400, "the body has a number that is too large");
    }
    std::string allowed;
    for (const std::string_view key : keys)
      allowed += (allowed.empty() ? "" : ", ") + std::string(key);
    if (!object_.is_object()) wrong("the body is not a JSON object", allowed);
    for (const auto& entry : object_.items())
      if (std::find(keys.begin(), keys.end(), entry.key()) == keys.end())
        wrong("unknown key " + in_ticks(entry.key()), allowed);
  }

  /// Null: absent.
  const nlohmann::json* find(std::string_view key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  std::string text(std::string_view key) const {
    const nlohmann::json* const value = find(key);
    if (value == nullptr) return {};
    if (!value->is_string()) wrong(in_ticks(key) + " is not a text");
    return value->get<std::string>();
  }
  std::string required_text(std::string_view key) const {
    if (find(key) == nullptr) wrong(in_ticks(key) + " is missing");
    return text(key);
  }
  bool flag(std::string_view key) const {
    const nlohmann::json* const value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) wrong(in_ticks(key) + " is not true or false");
    return value->get<bool>();
  }
  std::uint64_t whole_number(std::string_view key, std::uint64_t otherwise) const {
    const nlohmann::json* const value = find(key);
    if (value == nullptr) return otherwise;
    if (!value->is_number_unsigned()) wrong(in_ticks(key) + " is not a whole number");
    return value->get<std::uint64_t>();
  }
  std::vector<std::string> texts(std::string_view key) const {
    const nlohmann::json* const value = find(key);
    if (value == nullptr) return {};
    const bool is_list =
        value->is_array() && std::all_of(value->begin(), value->end(),
                                         [](const nlohmann::json& one) { return one.is_string(); });
    if (!is_list) wrong(in_ticks(key) + " is not a list of texts");
    return value->get<std::vector<std::string>>();
  }
  Duration duration(std::string_view key) const {
    const auto value = scenario::parse_duration(text(key));
    if (!value)
      wrong(in_ticks(key) + " " + text(key) + " is not a valid duration", "90s, 5m, 1h30m");
    return *value;
  }
  /// Absent: the first.
  std::string word(std::string_view key, std::initializer_list<std::string_view> words) const {
    const std::string given = find(key) == nullptr ? std::string(*words.begin()) : text(key);
    if (std::find(words.begin(), words.end(), given) != words.end()) return given;
    std::string allowed;
    for (const std::string_view one : words)
      allowed += (allowed.empty() ? "" : ", ") + std::string(one);
    wrong(in_ticks(key) + " " + given + " is not known", allowed);
  }

 private:
  nlohmann::json object_;
};

double time_scale_of(const Body& body) {
  const nlohmann::json* const value = body.find("time_scale");
  if (value == nullptr) return 1;
  if (!value->is_number() || !std::isfinite(value->get<double>()))
    wrong("`time_scale` is not a number");
  return value->get<double>();
}

control::TlsOverride tls_of(const Body& body) {
  const std::string word = body.word("tls", {"scenario", "starttls", "implicit"});
  if (word == "starttls") return control::TlsOverride::starttls;
  if (word == "implicit") return control::TlsOverride::implicit;
  return control::TlsOverride::as_scenario;
}

std::string from_base64(std::string text) {
  text.append((4 - text.size() % 4) % 4, '='); // many write it without
  auto bytes = base::decode_base64(text);
  if (!bytes) wrong("`content_base64` is not base64");
  return std::move(*bytes);
}

std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hash, 16);
  if (text.size() != 16 || error != std::errc() || end != text.data() + text.size())
    wrong("`hash` " + text + " is not a hash in the form of the journal", "16 hexadecimal digits");
  return hash;
}

std::uint64_t number_of(std::string_view key, const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    wrong(in_ticks(key) + " " + text + " is not a whole number");
  return number;
}

std::string query_text(const Target& target, std::string_view key) {
  const std::string* const value = target.find(key);
  return value == nullptr ? std::string() : *value;
}

/// ?last=: only so many, the latest; 0: all.
std::size_t read_last(const Target& target) {
  const std::string* const last = target.find("last");
  if (last == nullptr) return 0;
  const std::uint64_t number = number_of("last", *last);
  if (number == 0) wrong("`last` is 0", "1 and more");
  return static_cast<std::size_t>(number);
}

/// ?min=: so many are waited for.
std::size_t read_least(const Target& target, milliseconds wait) {
  const std::string* const least = target.find("min");
  if (least != nullptr) return static_cast<std::size_t>(number_of("min", *least));
  return wait.count() > 0 ? 1 : 0; // who waits, waits for something
}

} // namespace

control::ServerRequest read_server_request(std::string_view text) {
  const Body body(text,
                  {"scenario", "clock", "time_scale", "seed", "tls", "auth", "names", "tls_policy",
                   "role", "without", "scaled_timeouts", "queue_lifetime", "lease"});
  control::ServerRequest request;
  request.scenario = body.required_text("scenario");
  request.manual_clock = body.word("clock", {"real", "manual"}) == "manual";
  request.time_scale = time_scale_of(body);
  request.seed = body.whole_number("seed", request.seed);
  request.tls = tls_of(body);
  request.auth = body.flag("auth");
  request.names = body.flag("names");
  request.tls_policy = body.text("tls_policy");
  request.role = body.text("role");
  request.without = body.texts("without");
  request.scaled_timeouts = body.flag("scaled_timeouts");
  if (body.find("queue_lifetime") != nullptr)
    request.queue_lifetime = body.duration("queue_lifetime");
  if (body.find("lease") != nullptr)
    request.lease = std::chrono::duration_cast<seconds>(body.duration("lease"));
  return request;
}

control::HandoverRequest read_handover(std::string_view text) {
  const Body body(text, {"scenario", "id", "sender", "recipients", "parameters", "message_id",
                         "content", "content_base64", "hash", "size"});
  control::HandoverRequest request;
  request.scenario = body.text("scenario");
  request.id = body.text("id");
  request.sender = body.text("sender");
  request.recipients = body.texts("recipients");
  request.parameters = body.texts("parameters");
  request.message_id = body.text("message_id");
  if (body.find("content") != nullptr && body.find("content_base64") != nullptr)
    wrong("`content` and `content_base64` can't be combined");
  if (body.find("content") != nullptr) request.content = control::with_crlf(body.text("content"));
  if (body.find("content_base64") != nullptr)
    request.content = from_base64(body.text("content_base64"));
  if (body.find("hash") != nullptr) request.hash = hash_of(body.text("hash"));
  request.size = body.whole_number("size", 0);
  if (request.hash && request.size == 0) wrong("`size` is missing: `hash` needs it");
  return request;
}

control::ResultRequest read_result(std::string_view text) {
  const Body body(text, {"handover", "recipient", "result", "code", "status"});
  control::ResultRequest request;
  request.handover = body.text("handover");
  request.recipient = body.text("recipient");
  request.result = body.required_text("result");
  constexpr std::uint64_t highest = 999; // what control/ checks is in the range of an int
  const std::uint64_t code = body.whole_number("code", 0);
  if (body.find("code") != nullptr && (code == 0 || code > highest))
    wrong("`code` is not a reply code", "200 to 599");
  request.code = static_cast<int>(code);
  request.status = body.text("status");
  return request;
}

Duration read_advance(std::string_view text) {
  const Body body(text, {"by"});
  body.required_text("by");
  return body.duration("by");
}

std::string read_label(std::string_view text) {
  return Body(text, {"label"}).required_text("label");
}

std::string read_scenario(std::string_view text) {
  return Body(text, {"scenario"}).text("scenario");
}

QueueRequest read_queue(std::string_view text) {
  const Body body(text, {"scenario", "state"});
  if (body.find("state") == nullptr) wrong("`state` is missing", "stopped, started");
  return {body.text("scenario"), body.word("state", {"stopped", "started"}) == "started"};
}

void check_query(const Target& target, std::initializer_list<std::string_view> keys) {
  std::string allowed;
  for (const std::string_view key : keys)
    allowed += (allowed.empty() ? "" : ", ") + std::string(key);
  for (const auto& [key, value] : target.query)
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      wrong("unknown key " + in_ticks(key) + " in the query", allowed);
}

milliseconds read_wait(const Target& target, seconds longest_wait) {
  const std::string text = query_text(target, "wait");
  if (text.empty()) return {};
  const auto wait = scenario::parse_duration(text);
  if (!wait || *wait > longest_wait)
    wrong("`wait` " + text + " is not a valid waiting time",
          "0s to " + scenario::to_string(longest_wait));
  return std::chrono::duration_cast<milliseconds>(*wait);
}

namespace {

/// What every long poll says: from where, how many, how long.
template <typename Asked>
void read_poll(const Target& target, seconds longest_wait, Asked& question) {
  question.filter.last = read_last(target);
  question.filter.since = query_text(target, "since");
  question.wait = read_wait(target, longest_wait);
  question.least = read_least(target, question.wait);
}

} // namespace

ListRequest read_list_request(const Target& target, seconds longest_wait) {
  check_query(target, {"min", "wait", "recipient", "sender", "since", "last"});
  ListRequest question;
  question.filter.recipient = query_text(target, "recipient");
  question.filter.sender = query_text(target, "sender");
  read_poll(target, longest_wait, question);
  return question;
}

QueryListRequest read_query_list_request(const Target& target, seconds longest_wait) {
  check_query(target, {"min", "wait", "name", "type", "since", "last"});
  QueryListRequest question;
  question.filter.name = query_text(target, "name");
  question.filter.type = query_text(target, "type");
  read_poll(target, longest_wait, question);
  return question;
}

std::string read_address(std::string_view text) {
  return Body(text, {"address"}).required_text("address");
}

control::VerdictRequest read_verdict_request(const Target& target) {
  check_query(target, {"since", "scenario", "strict"});
  control::VerdictRequest request;
  request.scenario = query_text(target, "scenario");
  request.since = query_text(target, "since");
  const std::string strict = query_text(target, "strict");
  if (!strict.empty() && strict != "true" && strict != "false")
    wrong("`strict` " + strict + " is not known", "true, false");
  request.strict = strict == "true";
  return request;
}

std::uint64_t read_position(const Target& target, const std::string& last_event_id) {
  if (!last_event_id.empty()) return number_of("Last-Event-ID", last_event_id);
  const std::string* const after = target.find("after");
  return after == nullptr ? 0 : number_of("after", *after);
}

std::uint64_t read_number(const Target& target, std::string_view key, std::uint64_t otherwise) {
  const std::string* const text = target.find(key);
  return text == nullptr ? otherwise : number_of(key, *text);
}

std::vector<std::string> read_message_ids(std::string_view text) {
  return Body(text, {"IDs"}).texts("IDs");
}

} // namespace tempfail::http
