#include "layers/norms/over_ranks.h"

#include <algorithm>

#include "core/kernels/norm/moments.h"
#include "core/pool.h"

namespace norma {

void merge_over_ranks(Comm& comm, int64_t domains, const kernels::ColumnState& moments) {
  const int64_t length = 1 + 2 * domains;  // count, means, squared deviations
  const Storage memory(static_cast<size_t>((comm.size() + 1) * length) * sizeof(double));
  double* const mine = reinterpret_cast<double*>(memory.data());
  double* const all = mine + length;
  mine[0] = *moments.positions;
  std::copy_n(moments.mean, domains, mine + 1);
  std::copy_n(moments.m2, domains, mine + 1 + domains);
  comm.all_gather(std::span<const double>(mine, static_cast<size_t>(length)),
                  std::span(all, static_cast<size_t>(comm.size() * length)));
  double total = 0;
  for (int64_t d = 0; d < domains; ++d) {
    double count = 0;
    moments.mean[d] = moments.m2[d] = 0;
    for (int64_t rank = 0; rank < comm.size(); ++rank) {
      const double* const theirs = all + rank * length;
      kernels::merge_moments(count, moments.mean[d], moments.m2[d], theirs[0], theirs[1 + d],
                             theirs[1 + domains + d]);
    }
    total = count;
  }
  *moments.positions = total;
}

}  // namespace norma
