#include "apps/evaluations/row_scores.h"

#include <cmath>
#include <limits>

#include "core/parallel.h"
#include "data/dataset.h"

namespace norma {
namespace {

template <class T>
RowScore score_row(const T* logits, int64_t classes, int64_t target) {
  RowScore row{.counted = true};
  double largest = -std::numeric_limits<double>::infinity(), sum = 0;
  for (int64_t k = 0; k < classes; ++k) {
    const double logit = static_cast<double>(logits[k]);
    if (logit > largest) largest = logit, row.predicted = k;
  }
  for (int64_t k = 0; k < classes; ++k) sum += std::exp(static_cast<double>(logits[k]) - largest);
  for (int64_t k = 0; k < classes; ++k) {
    const double p = std::exp(static_cast<double>(logits[k]) - largest) / sum;
    const double off = k == target ? p - 1 : p;
    row.distance += off * off;
  }
  row.nll = std::log(sum) + largest - static_cast<double>(logits[target]);
  row.confidence = 1 / sum;
  if (std::isnan(sum)) row.predicted = -1;
  row.correct = row.predicted == target;
  return row;
}

}  // namespace

std::vector<RowScore> row_scores(const Tensor& logits, const Tensor& target, int64_t ignored) {
  const int64_t rows = logits.rows(), classes = logits.shape().back();
  std::vector<RowScore> scores(static_cast<size_t>(rows));
  const int32_t* const asked = target.data<int32_t>();
  with_float_type(logits.dtype(), [&]<class T>() {
    const T* const data = logits.data<T>();
    parallel_ranges(rows, classes * 32, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r)
        if (asked[r] != kIgnored && asked[r] != ignored)
          scores[static_cast<size_t>(r)] = score_row(data + r * classes, classes, asked[r]);
    });
  });
  return scores;
}

}  // namespace norma
