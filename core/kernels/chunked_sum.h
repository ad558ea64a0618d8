#pragma once

#include <array>

#include "core/parallel.h"

namespace norma::kernels {

// Σ of part(begin, end) over fixed chunks of [0, count), added in the order of the chunks: the same
// bits for any number of threads. `work` is what one item costs in elementary steps.
template <class Part>
double chunked_sum(int64_t count, int64_t work, const Part& part) {
  constexpr int64_t kMost = 32;
  std::array<double, kMost> partial{};
  const Chunks cut = chunks_of(count, work, kMost);
  parallel_chunks(cut.number, [&](int64_t chunk) {
    partial[static_cast<size_t>(chunk)] = part(cut.begin(chunk), cut.end(chunk));
  });
  double sum = 0;
  for (const double value : partial) sum += value;
  return sum;
}

}  // namespace norma::kernels
