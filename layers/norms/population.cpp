#include "layers/norms/population.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels/norm/moments.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

// Overwrites a buffer and keeps the largest change.
void replace(const Buffer& buffer, const std::vector<double>& numbers,
             PopulationStatistics::Change& change) {
  const std::vector<double> before = buffer.value.to_vector();
  double largest = 0, scale = 0;
  for (size_t c = 0; c < numbers.size(); ++c) {
    largest = std::max(largest, std::abs(numbers[c] - before[c]));
    scale = std::max(scale, std::abs(numbers[c]));
  }
  if (scale > 0 && largest / scale > change.largest) {
    change.largest = largest / scale;
    change.where = buffer.name;
  }
  buffer.value.copy_from(Tensor::from(numbers, buffer.value.shape(), buffer.value.dtype()));
}

}  // namespace

void PopulationStatistics::Totals::add(bool merging, double n, const double* mean_b,
                                       const double* second_b) {
  if (n == 0) return;
  const double share = n / (count + n);
  for (size_t c = 0; c < mean.size(); ++c) {
    if (merging) {
      double so_far = count;
      kernels::merge_moments(so_far, mean[c], second[c], n, mean_b[c], second_b[c]);
    } else {
      mean[c] += share * (mean_b[c] - mean[c]);
      second[c] += share * (second_b[c] - second[c]);
    }
  }
  count += n;
}

void PopulationStatistics::add(Norm& norm, int64_t rows, const kernels::ColumnState& moments) {
  const int64_t channels = norm.channels();
  Entry& entry = norms_.try_emplace(norm.path(), Entry{&norm, Totals(channels)}).first->second;
  const bool merging = norm.merges();
  std::vector<double> second(static_cast<size_t>(channels));
  for (int64_t r = 0; r < rows; ++r) {
    const double n = moments.positions[r];
    if (n <= 1) continue;
    const double* const mean = moments.mean + r * channels;
    const double* const m2 = moments.m2 + r * channels;
    if (!merging) norm.tracked(n, mean, m2, second.data());
    entry.totals.add(merging, n, mean, merging ? m2 : second.data());
  }
}

PopulationStatistics::Change PopulationStatistics::store(Comm& comm) {
  Change change;
  change.values = std::numeric_limits<double>::infinity();
  for (const auto& [path, entry] : norms_) {
    const Norm& norm = *entry.norm;
    const auto channels = static_cast<size_t>(norm.channels());
    std::vector<double> mine{entry.totals.count};
    mine.insert(mine.end(), entry.totals.mean.begin(), entry.totals.mean.end());
    mine.insert(mine.end(), entry.totals.second.begin(), entry.totals.second.end());
    std::vector<double> all(mine.size() * static_cast<size_t>(comm.size()));
    comm.all_gather(mine, all);

    Totals total(norm.channels());
    // Where batches count as one over the ranks, each rank has the statistics of all.
    const size_t ranks = norm.definition().domain.over_ranks ? 1 : all.size() / mine.size();
    for (size_t rank = 0; rank < ranks; ++rank) {
      const double* const theirs = all.data() + rank * mine.size();
      total.add(norm.merges(), theirs[0], theirs + 1, theirs + 1 + channels);
    }
    if (total.count <= 1) continue;
    std::vector<double> second = total.second;
    if (norm.merges())
      norm.tracked(total.count, total.mean.data(), total.second.data(), second.data());
    replace(*norm.running_mean(), total.mean, change);
    replace(*norm.running_second(), second, change);
    ++change.norms;
    change.values = std::min(change.values, total.count);
  }
  return change;
}

}  // namespace norma
