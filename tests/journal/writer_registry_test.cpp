// Which run of which program an event is of.
#include "journal/writer_registry.hpp"
#include "support/catch.hpp"

using namespace tempfail;
using namespace tempfail::journal;

namespace {

event::Run run_at(std::int64_t unix_us) {
  event::Run run;
  run.started_unix_us = unix_us;
  return run;
}
Event at(Moment time, std::string_view node) {
  Event event{time, 0, 0, event::Note{"anything"}};
  event.node = node;
  return event;
}

} // namespace

TEST_CASE("writers: only events of the run that goes on have their beginning in another file") {
  WriterRegistry writers;
  writers.begin(run_at(1'000'000), "node", false);
  Event earlier = at(Moment(1), "node");
  writers.place(earlier);
  CHECK_FALSE(writers.goes_on(earlier));
  writers.begin(run_at(2'000'000), "node", true);
  Event later = at(Moment(1), "node");
  writers.place(later);
  CHECK(writers.goes_on(later));
  CHECK_FALSE(writers.goes_on(earlier)); // it is of the run before, on the same node
  CHECK_FALSE(writers.goes_on(at(Moment(1), "another")));
}

TEST_CASE(
    "writers: moments of a later run are told from the first one's start, and never wrap around") {
  WriterRegistry writers;
  writers.begin(run_at(1'000'000), "first", false);
  writers.begin(run_at(3'000'000), "second", false);
  Event usual = at(Moment(5), "second");
  writers.place(usual);
  CHECK(usual.time == Moment(2'000'005));
  Event last = at(Moment::max() - Duration(2'000'000), "second");
  writers.place(last);
  CHECK(last.time == Moment::max());
  Event too_late = at(Moment::max() - Duration(1'999'999), "second");
  writers.place(too_late);
  CHECK(too_late.time == Moment::max() - Duration(1'999'999));
}

TEST_CASE(
    "writers: the first refusal of a port in a later run is told from the first one's start, too") {
  WriterRegistry writers;
  writers.begin(run_at(1'000'000), "first", false);
  writers.begin(run_at(3'000'000), "second", false);
  const auto first_refusal = [&writers](std::uint64_t refused) {
    Event event = at(Moment(9), "second");
    event::Listen listen;
    listen.refused = refused;
    listen.refused_first = Moment(refused == 0 ? 0 : 7);
    event.body = listen;
    writers.place(event);
    return std::get<event::Listen>(event.body).refused_first;
  };
  CHECK(first_refusal(1) == Moment(2'000'007));
  CHECK(first_refusal(0) == Moment(0)); // there was none
}
