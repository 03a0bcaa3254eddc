// A deliverer that answers from a script.
#include "client/runner/scripted_deliverer.hpp"

#include "client/protocol/judgement.hpp"

#include <charconv>
#include <memory>
#include <numeric>

namespace tempfail::client {
namespace {

/// How long a failure keeps a try busy: a time-out lasts as long as the client's patience.
Duration time_taken(const RecipientResult& result, const TimeOuts& patience) {
  switch (result.failure) {
  case Failure::connect_timeout: return patience.connect;
  case Failure::no_greeting: return patience.greeting;
  case Failure::time_out: return patience.rcpt;
  case Failure::host_off: return Duration{};
  default: return std::chrono::seconds(1);
  }
}

bool is_connection_failure(Failure failure) {
  return failure == Failure::connect_refused || failure == Failure::connect_timeout ||
         failure == Failure::unreachable || failure == Failure::no_greeting;
}

RecipientResult replied(std::uint16_t code, const Status& status, std::string_view text) {
  RecipientResult result;
  result.code = code;
  result.status = status;
  result.text = text;
  result.replied = true;
  result.stage = Stage::rcpt;
  result.fate = code / 100 == 5 ? Fate::permanent : Fate::transient;
  result.failure = code / 100 == 5 ? Failure::reply_5yz : Failure::reply_4yz;
  return result;
}

RecipientResult induced(Failure failure, std::optional<Stage> stage) {
  RecipientResult result;
  result.failure = failure;
  const bool permanent = failure == Failure::dns_nxdomain || failure == Failure::dns_null_mx ||
                         failure == Failure::unsupported || failure == Failure::reply_5yz;
  result.fate = permanent ? Fate::permanent : Fate::transient;
  result.status = induced_status(failure, result.fate);
  result.stage = stage.value_or(is_connection_failure(failure) ? Stage::connect : Stage::content);
  result.in_doubt = result.stage == Stage::message &&
                    (failure == Failure::dropped || failure == Failure::time_out);
  result.text = "simulated: " + std::string{name(failure)};
  return result;
}

std::optional<RecipientResult> parse_reply(std::string_view text) {
  int code = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), code);
  const auto digits = static_cast<std::size_t>(read.ptr - text.data());
  if (read.ec != std::errc{} || digits != 3 || code < 400 || code > 599) return std::nullopt;
  text.remove_prefix(digits);
  if (!text.empty() && text.front() != ' ') return std::nullopt;
  if (!text.empty()) text.remove_prefix(1);
  const auto enhanced = Status::parse(text);
  const bool agrees = enhanced && enhanced->class_digit == code / 100;
  const auto narrow = static_cast<std::uint16_t>(code);
  return replied(narrow, agrees ? *enhanced : status_of_code(narrow, Stage::rcpt), text);
}

std::optional<RecipientResult> parse_bare_status(std::string_view text) {
  const auto status = Status::parse(text);
  if (!status || status->text() != text || status->class_digit == 2) return std::nullopt;
  if (*status == Status{4, 4, 1}) return induced(Failure::connect_timeout, std::nullopt);
  if (*status == Status{4, 4, 2}) return induced(Failure::dropped, std::nullopt);
  if (*status == Status{4, 4, 3}) return induced(Failure::dns_servfail, Stage::resolve);
  const auto code = static_cast<std::uint16_t>(status->class_digit * 100 + 50);
  return replied(code, *status, status->text() + " simulated");
}

} // namespace

std::optional<RecipientResult> parse_outcome(std::string_view text, std::string& mistake) {
  if (auto reply = parse_reply(text)) return reply;
  if (auto status = parse_bare_status(text)) return status;
  const auto at = text.find('@');
  const auto failure = failure_from_name(text.substr(0, at));
  std::optional<Stage> stage;
  if (at != std::string_view::npos) stage = stage_from_name(text.substr(at + 1));
  const bool possible = failure && *failure != Failure::none && *failure != Failure::host_off &&
                        *failure != Failure::reply_4yz && *failure != Failure::reply_5yz;
  if (possible && (at == std::string_view::npos || stage)) return induced(*failure, stage);
  mistake = '\'' + std::string{text} +
            "' is not a valid result; allowed: a status (4.3.2), a reply (432, '451 4.7.1 later'), "
            "or a kind of failure with or without a stage (connect-timeout, dropped@message)";
  return std::nullopt;
}

RecipientResult ScriptedDeliverer::outcome(unsigned number) const {
  Moment from = start_;
  for (const ScriptPhase& phase : script_) {
    const bool over = (phase.lasts && clock_.now() >= from + *phase.lasts) ||
                      (phase.until_try && number >= *phase.until_try);
    if (!over) return phase.outcome;
    if (phase.lasts) from += *phase.lasts;
  }
  RecipientResult delivered = replied(250, Status{2, 0, 0}, "2.0.0 simulated: delivered");
  delivered.fate = Fate::delivered;
  delivered.failure = Failure::none;
  delivered.stage = Stage::message;
  return delivered;
}

void ScriptedDeliverer::attempt(const Message& message, std::span<const Recipient> recipients,
                                const DeliverySettings& settings, AttemptCallbacks callbacks) {
  const std::string address = "192.0.2.1:" + std::to_string(settings.next_hop.port);
  RecipientResult result;
  if (hosts_ != nullptr && !hosts_->acquire(address, clock_.now())) {
    result = induced(Failure::host_off, Stage::connect);
  } else {
    ++attempts_;
    result = outcome(++tries_[message.id]);
    result.host = "mail.example";
    result.address = address;
  }
  const auto shared = std::make_shared<AttemptCallbacks>(std::move(callbacks));
  const std::size_t count = recipients.size();
  // The list of hosts outlives this: both belong to the one who runs the simulation.
  clock_.schedule(
      clock_.now() + time_taken(result, settings.time_outs), [this, shared, result, count] {
        std::vector<std::size_t> all(count);
        std::iota(all.begin(), all.end(), std::size_t{0});
        const bool sends_all = result.fate == Fate::delivered || result.stage == Stage::message;
        if (sends_all && shared->committing) shared->committing(all, result.host);
        AttemptReport report;
        for (const std::size_t index : all) {
          if (shared->settled) shared->settled(index, result);
          report.results.push_back(result);
        }
        if (result.failure != Failure::host_off) {
          HostTry host;
          host.host = result.host;
          host.address = result.address;
          host.failure = is_connection_failure(result.failure) ? result.failure : Failure::none;
          host.stage = result.stage;
          if (hosts_ != nullptr) hosts_->record(host.address, host.failure, clock_.now());
          report.tries.push_back(std::move(host));
        }
        if (shared->finished) shared->finished(report);
      });
}

} // namespace tempfail::client
