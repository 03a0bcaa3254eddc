// Numbers the writers of a journal, and puts their events on one time line.
#include "journal/writer_registry.hpp"

namespace tempfail::journal {
namespace {

/// Format 1 had no servers and no asked and answered moments: the judge would have to guess again.
void check_format(const event::Run& run) {
  constexpr std::uint32_t known = 2;
  if (run.format == known) return;
  throw WrongFormat("is in journal format " + std::to_string(run.format) + " (tempfail " +
                    std::string(run.version) +
                    "), and this version reads format 2: record it again");
}

/// Protocol time from one start to another; none where they are further apart than any run lasts.
Duration between(std::int64_t first_us, std::int64_t second_us, double time_scale) {
  if (first_us <= 0 || second_us <= first_us) return {};
  const double apart = static_cast<double>(second_us - first_us) * time_scale;
  if (!(apart > 0 && apart <= static_cast<double>(scenario::longest_duration.count()))) return {};
  return Duration(static_cast<Duration::rep>(apart));
}

void move(Moment& moment, Duration by) {
  if (moment <= Moment::max() - by) moment += by;
}

/// All moments of an event.
void move_by(Event& event, Duration by) {
  move(event.time, by);
  std::visit(
      [by](auto& body) {
        if constexpr (requires { body.asked; }) {
          move(body.asked, by);
          if (body.answered) move(*body.answered, by);
        }
        if constexpr (requires { body.since; }) move(body.since, by);
        if constexpr (requires { body.refused_first; }) {
          if (body.refused != 0) move(body.refused_first, by);
        }
      },
      event.body);
}

} // namespace

void WriterRegistry::begin(const event::Run& run, std::string_view node, bool goes_on) {
  check_format(run);
  if (!first_) first_ = Start{run.started_unix_us, run.time_scale};
  Writer writer;
  writer.number = count_++;
  writer.offset = between(first_->unix_us, run.started_unix_us, first_->time_scale);
  writer.started_unix_us = run.started_unix_us;
  writer.goes_on = goes_on;
  by_node_.insert_or_assign(std::string(node), writer);
}

bool WriterRegistry::has(const Event& repeated) const {
  const auto found = by_node_.find(repeated.node);
  if (found == by_node_.end()) return false;
  const auto* run = std::get_if<event::Run>(&repeated.body);
  if (run != nullptr && run->started_unix_us != found->second.started_unix_us) return false;
  return repeated.sequence <= found->second.last;
}

bool WriterRegistry::goes_on(const Event& event) const {
  const auto found = by_node_.find(event.node);
  return found != by_node_.end() && found->second.number == event.writer && found->second.goes_on;
}

void WriterRegistry::place(Event& event) {
  const auto found = by_node_.find(event.node);
  if (found == by_node_.end()) return;
  Writer& writer = found->second;
  event.writer = writer.number;
  writer.last = event.sequence;
  writer.has_ended = std::holds_alternative<event::End>(event.body);
  const Duration offset = writer.offset + behind_;
  if (offset != Duration::zero()) move_by(event, offset);
  writer.last_time = event.time;
}

} // namespace tempfail::journal
