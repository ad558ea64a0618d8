#pragma once

#include <array>
#include <span>

#include "apps/evaluations/row_scores.h"

namespace norma {

// Whether a classifier is as often right as it says. Over the rows that count:
struct Calibration {
  // Expected calibration error: Σ_b (n_b/n)·|accuracy − mean confidence| over 15 bins of equal
  // width by confidence, (0, 1/15], (1/15, 2/15] … (Guo et al. 2017, arXiv:1706.04599, section 2).
  double ece = 0;
  // Mean of Σ_k (p_k − [k = target])², 0 to 2 (Brier, "Verification of forecasts expressed in terms
  // of probability", 1950).
  double brier = 0;
  double nll = 0;  // mean −log p[target]: the cross-entropy without label smoothing
};

// Adds rows up to a Calibration. Logits that are not numbers make its figures NaN.
class CalibrationSums {
 public:
  static constexpr int kBins = 15;
  void add(std::span<const RowScore> rows);
  Calibration result() const;

 private:
  struct Bin {
    double confidence = 0, correct = 0;
  };
  std::array<Bin, kBins> bins_;
  double count_ = 0, distance_ = 0, nll_ = 0;
};

}  // namespace norma
