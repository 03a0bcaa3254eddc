// Writers of a stream: which of their events are in it.
#include "journal/writer_registry.hpp"

#include <utility>

namespace tempfail::journal {

bool WriterRegistry::has_number(const Event& event) const {
  const auto found = by_node_.find(event.node);
  return found != by_node_.end() && event.sequence <= found->second.last;
}

void WriterRegistry::begin_without_run(std::string_view node) {
  Writer writer;
  writer.number = count_++;
  writer.goes_on = true;
  writer.missing_since = Moment{};
  by_node_.insert_or_assign(std::string(node), writer);
}

/// What is repeated says only what is there now: how long ago the events before it were, the next one shows.
std::optional<Moment> WriterRegistry::missing_before(const Event& event, bool again) {
  const auto found = by_node_.find(event.node);
  if (found == by_node_.end()) return std::nullopt;
  Writer& writer = found->second;
  if (!writer.missing_since && (writer.last == 0 ? again : event.sequence > writer.last + 1))
    writer.missing_since = writer.last_time;
  return again ? std::nullopt : std::exchange(writer.missing_since, std::nullopt);
}

std::vector<std::string> WriterRegistry::without_end() const {
  std::vector<std::string> nodes;
  for (const auto& [node, writer] : by_node_)
    if (!writer.has_ended) nodes.push_back(node);
  return nodes;
}

Event WriterRegistry::last_of(std::string_view node) const {
  Event event;
  const auto found = by_node_.find(node);
  if (found == by_node_.end()) return event;
  event.time = found->second.last_time;
  event.node = found->first;
  event.writer = found->second.number;
  return event;
}

} // namespace tempfail::journal
