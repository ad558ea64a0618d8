#include "apps/evaluations/calibration.h"

#include <algorithm>
#include <cmath>

namespace norma {

void CalibrationSums::add(std::span<const RowScore> rows) {
  for (const RowScore& row : rows) {
    if (!row.counted) continue;
    const double bin = std::ceil(row.confidence * kBins) - 1;
    // What is not a number goes into the first bin and from there into the result.
    const size_t at = bin > 0 ? static_cast<size_t>(std::min<double>(bin, kBins - 1)) : 0;
    bins_[at].confidence += row.confidence;
    bins_[at].correct += row.correct;
    count_ += 1;
    distance_ += row.distance;
    nll_ += row.nll;
  }
}

Calibration CalibrationSums::result() const {
  double gap = 0;  // n_b·|accuracy − confidence| = |Σ correct − Σ confidence|
  for (const Bin& bin : bins_) gap += std::abs(bin.correct - bin.confidence);
  return {.ece = gap / count_, .brier = distance_ / count_, .nll = nll_ / count_};
}

}  // namespace norma
