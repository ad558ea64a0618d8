#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/comm.h"
#include "core/kernels/norm/columns.h"

namespace norma {

class Norm;
struct Buffer;

// The statistics of whole norms over many batches at fixed weights, in place of a running average
// over weights that changed meanwhile (precise batch norm: Wu, Johnson 2021, arXiv:2105.07576,
// section 3). While a Context names it, every norm that tracks statistics and is not frozen
// normalizes by those of the batch, as in training, and hands them over; all else is as in eval.
class PopulationStatistics {
 public:
  // Moments of `rows` domains a channel.
  void add(Norm& norm, int64_t rows, const kernels::ColumnState& moments);

  // What re-estimation did to the running statistics.
  struct Change {
    int64_t norms = 0;   // that got new ones
    double values = 0;   // a channel, in the norm that saw fewest
    double largest = 0;  // |new − old| of a buffer, relative to the largest of its new numbers
    std::string where;   // that buffer
  };
  // Puts the statistics, merged over the ranks in their order, in the place of the running ones.
  Change store(Comm& comm);

 private:
  // Where a whole batch shares its statistic and that is a variance, batches merge exactly: the
  // population's variance is E[variance] + Var[mean]. Other statistics are averaged.
  struct Totals {
    double count = 0;
    std::vector<double> mean, second;  // second: m2 where batches merge, else what is tracked
    explicit Totals(int64_t channels = 0)
        : mean(static_cast<size_t>(channels)), second(static_cast<size_t>(channels)) {}
    void add(bool merging, double n, const double* mean_b, const double* second_b);
  };
  struct Entry {
    Norm* norm = nullptr;
    Totals totals;
  };
  std::map<std::string, Entry> norms_;  // by path
};

}  // namespace norma
