// A load's result in words, as JSON, and as a line that moves.
#include "client/load/load.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace tempfail::client {
namespace {

constexpr std::array<double, 6> percentiles = {50, 90, 95, 99, 99.9, 100};

double seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

double per_second(std::uint64_t count, std::chrono::microseconds time) {
  return time.count() == 0 ? 0 : static_cast<double>(count) / seconds(time);
}

std::string with_digits(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string duration(std::chrono::microseconds time) {
  if (time < std::chrono::milliseconds(1)) {
    return std::to_string(time.count()) + " us";
  }
  if (time < std::chrono::seconds(1)) {
    return with_digits(seconds(time) * 1e3, 2) + " ms";
  }
  return with_digits(seconds(time), 2) + " s";
}

std::string percent_name(double percent) {
  return percent == 100 ? "max" : 'p' + with_digits(percent, percent == 99.9 ? 1 : 0);
}

double processor_per_message(const LoadResult& result) {
  return result.done() == 0
             ? 0
             : static_cast<double>(result.processor.count()) / static_cast<double>(result.done());
}

} // namespace

std::string describe_load(const LoadOptions& options, const LoadResult& result) {
  std::string text = std::to_string(result.delivered) + " of " + std::to_string(options.messages) +
                     " messages delivered in " + duration(result.elapsed) + ", " +
                     std::to_string(result.failed) + " failed" +
                     (result.interrupted ? ", interrupted" : "") + '\n';
  text += "throughput  " + with_digits(per_second(result.delivered, result.elapsed), 0) +
          " messages/s, " + with_digits(per_second(result.bytes_sent, result.elapsed) / 1e6, 2) +
          " MB/s, " + std::to_string(result.connections) + " connections\n";
  text += "latency     ";
  for (const double percent : percentiles) {
    text += (percent == percentiles.front() ? "" : ", ") + percent_name(percent) + ' ' +
            duration(result.latency.percentile(percent));
  }
  text += "\nprocessor   " + with_digits(processor_per_message(result), 1) +
          " us per message of this program's\n";
  for (const auto& [what, count] : result.errors) {
    text += "error       " + std::to_string(count) + " x " + what + '\n';
  }
  return text;
}

std::string load_as_json(const LoadOptions& options, const LoadResult& result) {
  nlohmann::ordered_json json;
  json["target"] = options.host + ':' + std::to_string(options.port);
  json["messages"] = options.messages;
  json["sessions"] = options.sessions;
  json["messages_per_session"] = options.messages_per_session;
  json["pipelined"] = options.pipelined;
  json["size"] = options.size;
  json["rate"] = options.rate;
  json["delivered"] = result.delivered;
  json["failed"] = result.failed;
  json["interrupted"] = result.interrupted;
  json["connections"] = result.connections;
  json["bytes_sent"] = result.bytes_sent;
  json["seconds"] = seconds(result.elapsed);
  json["messages_per_second"] = per_second(result.delivered, result.elapsed);
  json["processor_microseconds_per_message"] = processor_per_message(result);
  for (const double percent : percentiles) {
    json["latency_microseconds"][percent_name(percent)] =
        result.latency.percentile(percent).count();
  }
  json["latency_microseconds"]["min"] = result.latency.smallest().count();
  json["latency_microseconds"]["mean"] = result.latency.mean().count();
  json["errors"] = result.errors;
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

std::string progress_line(const LoadOptions& options, const LoadResult& result, unsigned width) {
  const double part = options.messages == 0 ? 1
                                            : static_cast<double>(result.done()) /
                                                  static_cast<double>(options.messages);
  const std::string figures = ' ' + with_digits(part * 100, 0) + "%  " +
                              with_digits(per_second(result.delivered, result.elapsed), 0) +
                              "/s  p50 " + duration(result.latency.percentile(50)) + "  p99 " +
                              duration(result.latency.percentile(99)) + "  failed " +
                              std::to_string(result.failed);
  const std::size_t room = width > figures.size() + 12 ? width - figures.size() - 3 : 10;
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(room));
  return '[' + std::string(std::min(filled, room), '#') +
         std::string(room - std::min(filled, room), '.') + ']' + figures;
}

} // namespace tempfail::client
