#include "apps/compare/study_screen.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "apps/common/human.h"
#include "apps/common/status_line.h"

namespace norma {
namespace {

std::string of(int64_t done, int64_t total) {
  return std::to_string(done) + "/" + std::to_string(total);
}

}  // namespace

StudyScreen::StudyScreen(const Study& study, bool quiet) : study_(study), quiet_(quiet) {
  for (const Arm& arm : study.arms)
    arm_steps_[arm.name] = read_run_config(arm.config, "arm " + arm.name, {}, nullptr).train.steps;
}

StudyScreen::~StudyScreen() = default;

// Work counted in steps, so that progress moves within a trial too.
int64_t StudyScreen::steps_of(const Trial& trial) const {
  if (!study_.metric.needs_training()) return 1;
  return trial.rung > 0 ? trial.rung : arm_steps_.at(trial.arm);
}

void StudyScreen::on_plan(const Plan& plan, const TrialResults& results) {
  rows_.clear();
  int64_t steps = 0;
  done_steps_ = trials_done_ = 0;
  trials_ = static_cast<int64_t>(plan.trials.size());
  for (const Trial& trial : plan.trials) {
    Row& row = rows_[trial.arm];
    const auto result = results.find(trial.id);
    const bool done = result != results.end(), judged = trial.phase == Phase::kVerdict;
    steps += steps_of(trial);
    if (!judged) ++row.tuning;
    if (!done) continue;
    done_steps_ += steps_of(trial);
    ++trials_done_;
    if (!judged) {
      ++row.tuned;
      continue;
    }
    ++row.judged;
    ++row.ended[ending_of(result->second)];
    row.sum += score_of(result->second, 0);
  }
  for (const Arm& arm : study_.arms) {
    const auto choice = plan.chosen.find(arm.name);
    if (choice != plan.chosen.end()) {
      rows_[arm.name].chosen =
          settings_text(settings_of(study_.tuning.options_of(arm.name), choice->second.point));
      continue;
    }
    if (study_.tuning.halving) continue;
    // Its verdict is work to come, though its trials are not known yet.
    steps += study_.seeds * (study_.metric.needs_training() ? arm_steps_[arm.name] : 1);
    trials_ += study_.seeds;
  }
  if (!progress_) {
    auto around = Progress::Surroundings::real();
    around.show = [this](std::string_view line) {
      status_line().show(table() + std::string(line));
    };
    progress_ = std::make_unique<Progress>(Progress::Options{.label = "compare",
                                                             .total = steps,
                                                             .start = done_steps_,
                                                             .unit = "steps",
                                                             .units_per_step = 1,
                                                             .quiet = quiet_},
                                           std::move(around));
  }
  progress_->set_total(steps);
}

void StudyScreen::on_result(const Trial& trial, const Json& line, double) {
  const std::string status = line.at("status").get<std::string>();
  if (status != "finished") spdlog::warn("{} {}: {}", trial.id, status, line.value("reason", ""));
  const bool interactive = stderr_terminal().interactive();
  if (quiet_ || interactive) return;
  const auto score = line.find("score");
  spdlog::info(
      "{}: {}", trial.id,
      score != line.end() && score->is_number() ? formatted("%.6g", score->get<double>()) : status);
}

std::string StudyScreen::line_of(const std::string& arm, const Row& row) const {
  std::string line = padded(arm, 24) + " ";
  if (row.tuning > 0) line += padded("tuned " + of(row.tuned, row.tuning), 14);
  line += padded(row.chosen, 22) + " ";
  if (row.judged > 0)
    line += padded("judged " + of(row.judged, study_.seeds), 14) +
            study_.metric.name(Split::kTest) + " " +
            formatted("%.5g", row.sum / static_cast<double>(row.judged));
  for (const Ending trouble : kTroubles)
    if (const auto count = row.ended.find(trouble); count != row.ended.end())
      line += ", " + std::to_string(count->second) + " " + name_of(trouble);
  return line;
}

std::string StudyScreen::table() const {
  const Terminal& terminal = stderr_terminal();
  if (static_cast<int>(study_.arms.size()) + 2 > terminal.height()) return "";
  std::string lines;
  for (const Arm& arm : study_.arms) {
    const auto row = rows_.find(arm.name);
    std::string line = line_of(arm.name, row == rows_.end() ? Row{} : row->second);
    while (columns_of(line) >= terminal.width()) line.pop_back();
    lines += line + "\n";
  }
  return lines;
}

void StudyScreen::on_tick(const Crew& crew) {
  int64_t under_way = 0;
  std::string text = of(trials_done_, trials_) + " trials";
  for (const Crew::Seat& seat : crew.seats()) {
    if (!seat.task) continue;
    under_way += std::min(seat.progress.step, steps_of(seat.task->trial));
    text += "; " + seat.task->trial.id;
  }
  progress_->update(done_steps_ + under_way, text);
}

void StudyScreen::finish() {
  if (!progress_) return;
  progress_->update(done_steps_, of(trials_done_, trials_) + " trials");
  progress_->finish();
}

}  // namespace norma
