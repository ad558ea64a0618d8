#include "apps/gauges/probe/run_probe.h"

namespace norma {

void RunProbe::open(const std::filesystem::path& folder, int64_t steps_done) {
  const std::filesystem::path file = folder / kFile;
  // The record of a step is written behind the step after it.
  io::truncate_to_step(file, steps_done - 1);
  lines_ = std::make_unique<io::JsonLines>(file);
}

void RunProbe::before_step(Training& training) {
  watching_ = training.steps_done() % probe_.period() == 0;
  if (watching_) probe_.before_step(training);
}

void RunProbe::after_step(Training& training, const StepReport& report) {
  if (watching_) lines_->write(probe_.after_step(training, report));
}

void RunProbe::at_end(Training& training) { lines_->write(probe_.look(training)); }

void RunProbe::sync() { lines_->sync(); }

}  // namespace norma
