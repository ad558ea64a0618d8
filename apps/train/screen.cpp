#include "apps/train/screen.h"

#include <spdlog/spdlog.h>

#include <cstdio>

#include "apps/common/human.h"

namespace norma {
namespace {

std::string figures(const EvalReport& report) {
  char text[96];
  if (report.classifies)
    std::snprintf(text, sizeof text, "loss %.4f, accuracy %.2f %%", report.loss,
                  100 * report.accuracy);
  else
    std::snprintf(text, sizeof text, "loss %.6g", report.loss);
  std::string all = text;
  for (const Figure& figure : report.figures) {
    std::snprintf(text, sizeof text, ", %s %.4g", figure.name, figure.value());
    all += text;
  }
  return all;
}

}  // namespace

void Screen::on_start(const Training& training, int64_t first_step) {
  const RunConfig& config = training.config();
  const DataInfo& info = training.data().info();
  const bool tokens = info.kind == InputKind::kTokens;
  spdlog::info("{} with {} parameters on {}, {} steps of {} samples, {}", config.model.type,
               grouped(const_cast<Training&>(training).params().numel()), config.data.type,
               grouped(config.train.steps), config.train.batch, config.train.precision);
  progress_.emplace(Progress::Options{
      .label = "train",
      .total = config.train.steps,
      .start = first_step,
      .unit = tokens ? "tokens" : "samples",
      .units_per_step = static_cast<double>(config.train.batch * (tokens ? info.context : 1)),
      .quiet = quiet_});
}

void Screen::on_step(const StepReport& report, double) {
  // A running mean over about 20 steps; single batches jump too much to be read.
  const double weight = 1.0 / static_cast<double>(std::min<int64_t>(++steps_seen_, 20));
  smoothed_loss_ += weight * (report.loss - smoothed_loss_);
  char text[48];
  std::snprintf(text, sizeof text, "loss %.4f", smoothed_loss_);
  progress_->update(report.step, text);
}

void Screen::on_evaluation(int64_t step, Split split, const EvalReport& report, bool best) {
  spdlog::info("step {}: {} {}{}", step, name_of(split), figures(report),
               best ? ", the best so far" : "");
}

void Screen::on_statistics(const PopulationStatistics::Change& change) {
  if (change.norms == 0)
    spdlog::warn("train.precise_bn: no norm of this model keeps running statistics");
  else
    spdlog::info(
        "running statistics of {} norms measured anew over {} values a channel; the largest change "
        "is {:.1f} %, in {}",
        change.norms, grouped(static_cast<int64_t>(change.values)), 100 * change.largest,
        change.where);
}

void Screen::on_resume(int64_t step) { spdlog::info("resuming after step {}", step); }

void Screen::on_note(const std::string& sentence) { spdlog::warn("{}", sentence); }

void Screen::close(const RunResult& result) {
  if (progress_) progress_->finish();
  if (result.stopped) {
    spdlog::info("stopped after step {}; go on with: train --resume {}", result.steps,
                 folder_.string());
    return;
  }
  if (result.stopped_early)
    spdlog::info("stopped early after step {}: the validation loss no longer falls", result.steps);
  if (result.validation) spdlog::info("held-out {}", figures(*result.validation));
  spdlog::info("run folder: {}", folder_.string());
}

}  // namespace norma
