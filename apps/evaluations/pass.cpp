#include "apps/evaluations/pass.h"

#include <algorithm>
#include <string>

namespace norma {

Portion portion_of(const Dataset& data, Split split, std::optional<int64_t> most) {
  const int64_t there = data.size(split);
  if (there > 0) return {data, split, std::min(there, most.value_or(there))};
  std::string others;
  for (const Split other : kSplits)
    if (data.size(other) > 0)
      others += std::string(others.empty() ? "" : ", ") + name_of(other) + " (" +
                std::to_string(data.size(other)) + " samples)";
  throw Error(std::string("[evaluate] the data has no ") + name_of(split) +
              " split; it has: " + others);
}

void for_each_batch(const Portion& portion, int64_t most, DType dtype,
                    FunctionRef<void(Batch& batch, int64_t first)> body) {
  Batch batch;
  const int64_t batches = (portion.samples + most - 1) / most;
  for (int64_t i = 0; i < batches; ++i) {
    const int64_t first = portion.samples * i / batches;
    const int64_t end = portion.samples * (i + 1) / batches;
    portion.data.fetch(portion.split, first, end - first, dtype, batch);
    body(batch, first);
  }
}

}  // namespace norma
