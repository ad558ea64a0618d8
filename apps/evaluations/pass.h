#pragma once

#include <optional>

#include "core/parallel.h"
#include "data/dataset.h"

namespace norma {

// Some samples to look at: the first of a split.
struct Portion {
  const Dataset& data;
  Split split = Split::kTest;
  int64_t samples = 0;
};

// The first `most` samples of a split (nothing: all of them); an Error where it has none, naming
// those that have.
Portion portion_of(const Dataset& data, Split split, std::optional<int64_t> most);

// Runs body(batch, number of its first sample) over all samples, in batches of at most `most` whose
// sizes differ by one at most. The batch is the body's to change.
void for_each_batch(const Portion& portion, int64_t most, DType dtype,
                    FunctionRef<void(Batch& batch, int64_t first)> body);

}  // namespace norma
