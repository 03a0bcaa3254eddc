// One strand for each server: its journal is read by one worker at a time.
#include "control/journal_examiner.hpp"

#include "control/since_mark.hpp"
#include "journal/reader.hpp"
#include "report/dialogue.hpp"
#include "report/report.hpp"
#include "scenario/tls.hpp"
#include "verdict/observation.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <exception>
#include <sstream>
#include <stop_token>
#include <utility>

namespace tempfail::control {

namespace asio = boost::asio;

struct JournalExaminer::Bench {
  Bench(asio::io_context& the_loop, asio::thread_pool& workers,
        std::vector<scenario::ScenarioPtr> the_scenarios, std::string the_version)
      : loop(the_loop), strand(asio::make_strand(workers)), version(std::move(the_version)),
        scenarios(std::move(the_scenarios)) {}

  asio::io_context& loop;
  asio::strand<asio::thread_pool::executor_type> strand;
  const std::string version;
  std::stop_source stop; ///< nobody waits for an answer any more
  // Touched on the strand alone.
  std::vector<scenario::ScenarioPtr> scenarios;
  journal::Journal journal;
};

namespace {

/// Calls `work` on the strand once what is new has been read, and `answer` with its result on the loop.
template <typename BenchPtr, typename Work, typename OnAnswer>
void ask(const BenchPtr& bench, std::vector<Piece> news, Work work, OnAnswer answer) {
  asio::post(bench->strand, [bench, news = std::move(news), work = std::move(work),
                             answer = std::move(answer),
                             busy = asio::make_work_guard(bench->loop)]() mutable {
    for (const Piece& piece : news)
      bench->journal.append(piece.text());
    auto result = work(bench->journal);
    asio::post(bench->loop, [answer = std::move(answer), result = std::move(result)]() mutable {
      answer(std::move(result));
    });
  });
}

/// The same of the run's journal, and of why it can't be read; empty: it can.
template <typename BenchPtr, typename Work, typename Answer>
void ask_run(const BenchPtr& bench, RunJournal& run, Work work, Answer answer) {
  run.when_written([bench, &run, work = std::move(work), answer = std::move(answer)] {
    const auto read_and_work = [bench, &run, work](const journal::Journal& own) {
      try {
        return work(run.read(bench->stop.get_token()), {});
      } catch (const std::exception& error) {
        return work(own, std::string("the journal of the run can't be read: ") + error.what());
      }
    };
    ask(bench, {}, read_and_work, answer);
  });
}

std::string_view reply_of(const journal::Event* event) {
  const auto* exchange = verdict::as_exchange(event);
  if (exchange == nullptr) return {};
  std::string_view reply = exchange->reply;
  while (reply.ends_with('\n') || reply.ends_with('\r'))
    reply.remove_suffix(1);
  return reply;
}

/// The Message-ID, else the content's hash, of the first of its tries whose content came; empty: none did.
std::string identity_of(const verdict::Message& message) {
  for (const verdict::Delivery& delivery : message.deliveries)
    for (const verdict::Try& attempt : delivery.tries) {
      if (attempt.transaction == nullptr) continue;
      if (std::string identity = attempt.transaction->identity(); !identity.empty())
        return identity;
    }
  return {};
}

TryView view_of(const verdict::Case& observed, const verdict::Message& message,
                const std::string& identity, const verdict::Delivery& delivery,
                const verdict::Try& attempt) {
  TryView view;
  view.scenario = observed.scenario->name;
  if (message.handover != nullptr) view.handover = message.handover->id;
  view.message_id = identity;
  view.sender = attempt.transaction != nullptr ? attempt.transaction->sender : message.sender;
  view.recipient = delivery.recipient;
  view.session = observed.sessions[attempt.session].number;
  view.begin = attempt.begin;
  view.end = attempt.end;
  view.result = verdict::to_string(attempt.result);
  view.stage = to_string(attempt.stage);
  view.code = attempt.code;
  view.reply = reply_of(attempt.event);
  view.further_step = !attempt.is_new();
  if (attempt.event != nullptr) view.position = attempt.event->sequence;
  return view;
}

std::vector<TryView> tries_in(const journal::Journal& journal,
                              const std::vector<scenario::ScenarioPtr>& scenarios) {
  std::vector<TryView> tries;
  for (const scenario::ScenarioPtr& scenario : scenarios) {
    const verdict::Case observed = verdict::observe(*scenario, journal);
    for (const verdict::Message& message : observed.messages) {
      const std::string identity = identity_of(message);
      for (const verdict::Delivery& delivery : message.deliveries)
        for (const verdict::Try& attempt : delivery.tries)
          if (attempt.result != verdict::TryResult::cut_off) // it is not over
            tries.push_back(view_of(observed, message, identity, delivery, attempt));
    }
  }
  std::stable_sort(tries.begin(), tries.end(),
                   [](const TryView& a, const TryView& b) { return a.begin < b.begin; });
  return tries;
}

/// Whether somebody connected, or was given something, for this scenario.
bool is_used(const scenario::Scenario& scenario, const journal::Journal& journal) {
  return std::any_of(journal.events().begin(), journal.events().end(), [&](const auto& event) {
    const bool counts =
        event.session != 0 || std::holds_alternative<journal::event::Handover>(event.body);
    return counts && journal.scenario_of(event) == scenario.name;
  });
}

report::RunReport empty_report(const VerdictRequest& request, const std::string& version) {
  report::RunReport report;
  report.version = version;
  report.strict = request.strict;
  return report;
}

/// Of a scenario about which nothing can be said.
verdict::CaseVerdict unjudged(const scenario::Scenario& scenario, std::string trouble) {
  verdict::CaseVerdict verdict;
  verdict.scenario = scenario.name;
  verdict.family = scenario.family;
  verdict.run_error = std::move(trouble);
  return verdict;
}

std::string written(const report::RunReport& report, const VerdictRequest& request) {
  std::ostringstream out;
  if (request.as_text)
    report::write_text(report, {}, out);
  else
    report::write_json(report, out);
  return std::move(out).str();
}

std::string report_of(const journal::Journal& journal,
                      const std::vector<scenario::ScenarioPtr>& scenarios,
                      const VerdictRequest& request, const std::string& version,
                      const std::string& trouble) {
  report::RunReport report = empty_report(request, version);
  for (const journal::Event& event : journal.events())
    if (const auto* run = std::get_if<journal::event::Run>(&event.body)) {
      report.seed = run->seed;
      report.time_scale = run->time_scale;
      report.tls_policy = scenario::find_tls_policy(run->tls_policy).value_or(report.tls_policy);
    }
  for (const scenario::ScenarioPtr& scenario : scenarios) {
    const bool named = !request.scenario.empty() && scenario->name == request.scenario;
    if (!named &&
        (!request.scenario.empty() || (scenarios.size() > 1 && !is_used(*scenario, journal))))
      continue;
    report::CaseResult result;
    try {
      result.verdict = verdict::judge(*scenario, journal);
    } catch (const std::exception& error) {
      result.verdict =
          unjudged(*scenario, std::string("the journal could not be judged: ") + error.what());
    }
    if (result.verdict.run_error.empty()) result.verdict.run_error = trouble;
    report.cases.push_back(std::move(result));
  }
  return written(report, request);
}

std::string dialogue_in(const journal::Journal& journal) {
  std::ostringstream out;
  report::write_dialogue(journal, out);
  return std::move(out).str();
}

/// Nothing could be read: each scenario that was asked for has this trouble, and nothing is judged.
std::string report_without_journal(const std::vector<scenario::ScenarioPtr>& scenarios,
                                   const VerdictRequest& request, const std::string& version,
                                   const std::string& trouble) {
  report::RunReport report = empty_report(request, version);
  for (const scenario::ScenarioPtr& scenario : scenarios) {
    if (!request.scenario.empty() && scenario->name != request.scenario) continue;
    report::CaseResult result;
    result.verdict = unjudged(*scenario, trouble);
    report.cases.push_back(std::move(result));
  }
  return written(report, request);
}

} // namespace

JournalExaminer::JournalExaminer(asio::io_context& loop, asio::thread_pool& workers,
                                 std::vector<scenario::ScenarioPtr> scenarios, std::string version,
                                 RunJournal* run)
    : bench_(std::make_shared<Bench>(loop, workers, std::move(scenarios), std::move(version))),
      run_(run) {}

JournalExaminer::~JournalExaminer() {
  bench_->stop.request_stop();
}

void JournalExaminer::set_scenarios(std::vector<scenario::ScenarioPtr> scenarios) {
  asio::post(bench_->strand, [bench = bench_, scenarios = std::move(scenarios)]() mutable {
    bench->scenarios = std::move(scenarios);
  });
}

void JournalExaminer::tries(const MemoryJournal& journal, std::function<void(Tries)> answer) {
  std::vector<Piece> news = journal.from(std::exchange(read_, journal.size()));
  ask(
      bench_, std::move(news),
      [bench = bench_](const journal::Journal& read) -> Tries {
        try {
          return std::make_shared<const std::vector<TryView>>(tries_in(read, bench->scenarios));
        } catch (const std::exception&) {
          return std::make_shared<const std::vector<TryView>>(); // the verdict says what is wrong
        }
      },
      std::move(answer));
}

void JournalExaminer::verdict(const MemoryJournal& journal, const VerdictRequest& request,
                              const MarkPosition* since, std::function<void(std::string)> answer) {
  if (run_ != nullptr)
    return ask_run(
        bench_, *run_,
        [bench = bench_, request](const journal::Journal& whole, const std::string& trouble) {
          return trouble.empty()
                     ? report_of(whole, bench->scenarios, request, bench->version, {})
                     : report_without_journal(bench->scenarios, request, bench->version, trouble);
        },
        std::move(answer));
  std::vector<Piece> news = journal.from(std::exchange(read_, journal.size()));
  std::vector<Piece> all = since == nullptr ? std::vector<Piece>() : journal.from(0);
  const std::uint64_t position = since == nullptr ? 0 : since->position;
  std::string trouble;
  if (journal.lost() != 0)
    trouble =
        std::to_string(journal.lost()) + " events of the journal were lost: its memory is full";
  ask(
      bench_, std::move(news),
      [bench = bench_, all = std::move(all), position, request,
       trouble = std::move(trouble)](const journal::Journal& read) {
        if (all.empty()) return report_of(read, bench->scenarios, request, bench->version, trouble);
        std::string text;
        for (const Piece& piece : all)
          text += piece.text();
        const std::string lines = lines_since(text, read, position);
        const journal::Journal part = journal::Journal::decode(lines);
        return report_of(part, bench->scenarios, request, bench->version, trouble);
      },
      std::move(answer));
}

void JournalExaminer::dialogue(const MemoryJournal& journal,
                               std::function<void(std::string)> answer) {
  if (run_ != nullptr)
    return ask_run(
        bench_, *run_,
        [](const journal::Journal& whole, const std::string& trouble) {
          return trouble.empty() ? dialogue_in(whole) : trouble + '\n';
        },
        std::move(answer));
  std::vector<Piece> news = journal.from(std::exchange(read_, journal.size()));
  ask(bench_, std::move(news), dialogue_in, std::move(answer));
}

} // namespace tempfail::control
