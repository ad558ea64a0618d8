#include "apps/compare/session.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "apps/common/signals.h"
#include "apps/common/status_line.h"
#include "apps/common/terminal.h"
#include "apps/compare/dry_run.h"
#include "apps/compare/study_screen.h"
#include "apps/pages/study_page.h"
#include "apps/pages/study_tables.h"
#include "apps/study/carry_out.h"
#include "core/io/atomic_file.h"

namespace norma {
namespace fs = std::filesystem;
namespace {

// A line that is there while something takes a moment.
class Meanwhile {
 public:
  explicit Meanwhile(bool quiet) : shown_(!quiet && stderr_terminal().interactive()) {}
  ~Meanwhile() {
    if (shown_) status_line().clear();
  }
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;
  void say(const std::string& text) const {
    if (shown_) status_line().show(text);
  }

 private:
  bool shown_;
};

// Says so where not one trial could be carried out.
bool all_failed(const TrialResults& results) {
  const bool all =
      !results.empty() && std::all_of(results.begin(), results.end(), [](const auto& each) {
        return ending_of(each.second) == Ending::kFailed;
      });
  if (all)
    spdlog::error("every trial failed; {}: {}", results.begin()->first,
                  results.begin()->second.at("reason").template get<std::string>());
  return all;
}

// One study on its way.
class Session {
 public:
  Session(const Study& study, const SessionOptions& options)
      : study_(study), options_(options), facts_(measure_facts(study, options.threads)) {}

  SessionResult run() {
    for (size_t i = 0; i < facts_.size(); ++i)
      for (const std::string& warning : facts_[i].warnings)
        spdlog::warn("{}: {}", study_.arms[i].name, warning);
    if (options_.dry_run) return print_plan();
    refuse_unfair(study_, differences(study_, facts_));
    StudyFolder folder(options_.folder, study_, options_.overwrite);
    SessionResult result{.plan = plan_of(study_, folder.results()), .judgement = {}, .report = {}};
    if (!result.plan.complete) {
      const Mode mode = choose_mode(result.plan, folder.results());
      mode_ = mode.str();
      if (!options_.quiet) spdlog::info("{}", mode_);
      StudyScreen screen(study_, options_.quiet);
      Crew crew(own_program(), mode);
      result.plan = carry_out(study_, folder, crew, screen, stop_requested);
      screen.finish();
    }
    result.stopped = !result.plan.complete;
    result.failed = all_failed(folder.results());
    const auto kept = kept_costs(folder);
    write(folder, result, kept);
    if (kept.empty() && may_measure_costs(result)) write(folder, result, measure(folder, result));
    if (!options_.quiet) print(folder, result);
    return result;
  }

 private:
  SessionResult print_plan() {
    TrialResults results;
    if (holds_study(options_.folder, study_))
      results = read_results(options_.folder / "results.jsonl");
    SessionResult result{.plan = plan_of(study_, results), .judgement = {}, .report = {}};
    const Mode mode = choose_mode(result.plan, results);
    std::cout << plan_text(study_, result.plan, results, facts_, rate_, mode.str());
    return result;
  }

  // The mode with the highest rate; results are the same in all.
  Mode choose_mode(const Plan& plan, const TrialResults& results) {
    std::vector<Mode> modes = possible_modes(options_.threads);
    if (options_.workers)
      modes = {{*options_.workers, std::max(1, options_.threads / *options_.workers)}};
    if (!study_.metric.needs_training() || (modes.size() == 1 && !options_.dry_run))
      return modes.back();
    const Meanwhile meanwhile(options_.quiet);
    meanwhile.say("measuring whether trials run faster side by side");
    const auto rates = measure_modes(own_program(), study_.arm(study_.baseline).config, modes,
                                     steps_left(study_, plan, results));
    const ModeRate best = fastest(rates);
    rate_ = best.steps_per_second;
    if (!options_.quiet && !options_.dry_run)
      for (const ModeRate& each : rates)
        spdlog::info("{}: {:.3g} steps/s together", each.mode.str(), each.steps_per_second);
    return best.mode;
  }

  // Costs are measured once the verdict stands, and kept: they can't be measured twice alike.
  using Costs = std::map<std::string, Cost>;
  static fs::path costs_file(const StudyFolder& folder) { return folder.path() / "costs.json"; }

  static Costs kept_costs(const StudyFolder& folder) {
    return fs::exists(costs_file(folder)) ? costs_from(load_json(costs_file(folder))) : Costs{};
  }

  bool may_measure_costs(const SessionResult& result) const {
    return study_.costs && result.plan.complete && !study_.tuning.halving &&
           study_.metric.needs_training() && !result.failed;
  }

  Costs measure(const StudyFolder& folder, const SessionResult& result) {
    const Meanwhile meanwhile(options_.quiet);
    Costs measured =
        measure_costs(study_, result.plan, own_program(), options_.threads, [&](int turn, int of) {
          meanwhile.say("measuring costs in turns, " + std::to_string(turn) + " of " +
                        std::to_string(of));
        });
    for (const auto& [arm, cost] : measured)
      if (!cost.problem.empty())
        spdlog::warn("what {} costs could not be measured: {}", arm, cost.problem);
    io::write_atomically(costs_file(folder), format_json(costs_json(measured)) + "\n");
    return measured;
  }

  void write(const StudyFolder& folder, SessionResult& result, const Costs& costs) {
    if (card_.is_null())
      card_ =
          Worker(own_program(), 1).ask({{"card", study_.arm(study_.baseline).config}}).at("card");
    const StudyState state{study_, folder.results(), result.plan, facts_, costs, card_,
                           mode_,  options_.command};
    result.judgement = judge(state);
    result.report = report_data(state);
    io::write_atomically(folder.path() / "report.html", study_page(result.report));
    io::write_atomically(folder.path() / "results.csv", study_csv(result.report));
    io::write_atomically(folder.path() / "results.md", study_markdown(result.report));
  }

  static void print(const StudyFolder& folder, const SessionResult& result) {
    for (const Json& sentence : result.report["verdict"])
      std::cout << sentence.get<std::string>() << "\n";
    std::cout << "\n"
              << study_markdown(result.report)
              << "\nreport: " << (folder.path() / "report.html").string() << "\n";
  }

  const Study& study_;
  const SessionOptions& options_;
  const std::vector<ArmFacts> facts_;
  double rate_ = 0;
  std::string mode_;
  Json card_;  // of the baseline's data
};

}  // namespace

std::vector<ArmFacts> measure_facts(const Study& study, int threads) {
  Worker worker(own_program(), threads);
  const auto ask = [&](const Json& config) {
    return facts_from(worker
                          .ask({{"facts", config},
                                {"evaluate", study.evaluate},
                                {"needs_splits", study.metric.needs_training()}})
                          .at("facts"));
  };
  std::vector<ArmFacts> facts;
  for (const Arm& arm : study.arms) {
    facts.push_back(ask(arm.config));
    const std::vector<Axis>& options = study.tuning.options_of(arm.name);
    if (!tuning_changes_facts(options)) continue;
    for (const Point& point : study.tuning.points(arm.name)) {
      const std::vector<Setting> settings = settings_of(options, point);
      facts.back().points.push_back(
          {settings_text(settings), ask(with_settings(arm.config, settings))});
    }
  }
  return facts;
}

SessionResult run_session(const Study& study, const SessionOptions& options) {
  return Session(study, options).run();
}

}  // namespace norma
