#pragma once

#include <optional>
#include <string>

#include "apps/trainer/training.h"

namespace norma {

// What a study judges its arms by; lower is better.
//   val/loss     tuned on the validation split, judged on the test split
//   val/error    1 − accuracy, likewise
//   init/GAUGE   measured at initialization; nothing is trained
struct Metric {
  enum class Kind { kLoss, kError, kGauge };
  Kind kind = Kind::kLoss;
  std::string gauge;  // of kGauge

  // Nothing where the text names no metric.
  static std::optional<Metric> named(const std::string& text);
  std::string name(Split split) const;  // "test/loss"
  std::string unit(const DataInfo& data) const;
  bool needs_training() const { return kind != Kind::kGauge; }
  double of(const EvalReport& report) const;
};

}  // namespace norma
