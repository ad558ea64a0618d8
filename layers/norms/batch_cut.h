#pragma once

#include <algorithm>

#include "core/tensor.h"
#include "layers/norms/definition.h"

namespace norma {

// How the samples of (N,S,C) are cut for their statistics. A part is one run of the column driver:
// `samples` domains a channel of `positions` rows each.
struct BatchPart {
  int64_t split = 0;  // whose parameters and running statistics
  int64_t first_row = 0, samples = 0, positions = 0;
  int64_t first_sample = 0;  // among those of all parts
};

class BatchCut {
 public:
  BatchCut() = default;
  // `whole`: no ghost batches and no splits, as in eval.
  BatchCut(const Domain& domain, const Nsc& nsc, bool whole) : batch_(nsc.n), positions_(nsc.s) {
    if (domain.kind != Domain::Kind::kChannel) return;
    together_ = nsc.n;
    if (whole) return;
    if (domain.ghost > 0) together_ = std::min(domain.ghost, nsc.n);
    if (domain.splits > 1) {
      apart_ = true;
      together_ = std::max<int64_t>(1, nsc.n / domain.splits);
    }
  }

  // All samples that share statistics, but for the last few where they do not come out even.
  int64_t full() const { return batch_ / together_; }
  int64_t rest() const { return batch_ % together_; }
  int64_t samples() const { return full() + (rest() > 0); }
  int64_t smallest() const { return (rest() > 0 ? rest() : together_) * positions_; }

  int64_t parts() const { return apart_ ? full() : 1 + (rest() > 0); }
  BatchPart part(int64_t i) const {
    const int64_t positions = together_ * positions_;
    if (apart_) return {i, i * positions, 1, positions, i};
    if (i == 0) return {0, 0, full(), positions, 0};
    return {0, full() * positions, 1, rest() * positions_, full()};
  }

 private:
  int64_t batch_ = 0, positions_ = 0, together_ = 1;
  bool apart_ = false;  // every domain is a part of its own
};

}  // namespace norma
