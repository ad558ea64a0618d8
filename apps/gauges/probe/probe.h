#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "apps/gauges/probe/probe_gauge.h"
#include "apps/landscape/landscape.h"

namespace norma {

// Measures a training as it stands: replays the forward and backward of its next step, with the
// same batch, weights and random numbers, and leaves no trace in it. What an optimizer's step does
// is measured by comparing the weights before and after the real one.
class Probe {
 public:
  // Throws an Error for a name of no gauge, with the nearest one. With landscape options every
  // record also has what is seen of the loss around the weights.
  explicit Probe(const ProbeOptions& options, std::optional<LandscapeOptions> landscape = {});

  int64_t period() const { return period_; }

  // A whole record of the training as it stands.
  Json look(Training& training);

  // The same in two parts, around training.step(): the record then also has what the step did.
  // Where the step updated nothing because numbers were not finite, the record is that of `look`.
  void before_step(Training& training);
  Json after_step(Training& training, const StepReport& report);

 private:
  void measure(Training& training);
  void read(Training& training, double targets);

  std::vector<std::string> names_;
  int64_t period_, batches_;
  std::optional<LandscapeOptions> landscape_;
  std::vector<std::unique_ptr<ProbeGauge>> gauges_;
  Sight sight_;
  std::optional<ProbeRecord> record_;
  Tensor weights_before_;
};

}  // namespace norma
