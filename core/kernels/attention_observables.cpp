#include "core/kernels/attention_observables.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/parallel.h"

namespace norma::kernels {
namespace {

template <class T>
double inner(const T* a, const T* b, int64_t count) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

}  // namespace

template <class T>
void attention_observables(const AttentionShape& shape, const AttentionOptions& options,
                           AttentionView<const T> q, AttentionView<const T> k, const T* lse,
                           const T* bias, double* entropy, double* largest) {
  const int64_t group = shape.heads / shape.kv_heads, rows = shape.heads * shape.queries;
  const auto observe = [&](int64_t b, int64_t h, int64_t i) {
    const int64_t at = (b * shape.heads + h) * shape.queries + i;
    const T* const query = q.data + b * q.batch_stride + i * q.row_stride + h * q.head_stride;
    const T* const keys = k.data + b * k.batch_stride + h / group * k.head_stride;
    const T* const biases =
        bias ? bias + h * (shape.queries + shape.keys - 1) + shape.queries - 1 - i : nullptr;
    const uint8_t* const mask = options.key_mask ? options.key_mask + b * shape.keys : nullptr;
    const int64_t seen =
        options.causal ? std::min(shape.keys, i + options.query_offset + 1) : shape.keys;
    double sum = 0, top = -std::numeric_limits<double>::infinity();
    for (int64_t j = 0; j < seen; ++j) {
      if (mask && !mask[j]) continue;
      double logit = options.scale * inner(query, keys + j * k.row_stride, shape.head_width);
      if (biases) logit += static_cast<double>(biases[j]);
      if (options.softcap > 0) logit = options.softcap * std::tanh(logit / options.softcap);
      const double log_p = logit - static_cast<double>(lse[at]), p = std::exp(log_p);
      if (!(p == 0)) sum -= p * log_p;
      if (!(logit <= top)) top = logit;  // a NaN stays
      if (std::isnan(top)) break;
    }
    entropy[at] = std::isnan(top) ? top : sum;
    largest[at] = top;
  };
  parallel_ranges(shape.batch * rows, shape.keys * shape.head_width,
                  [&](int64_t begin, int64_t end) {
                    for (int64_t row = begin; row < end; ++row)
                      observe(row / rows, row % rows / shape.queries, row % shape.queries);
                  });
}

template void attention_observables(const AttentionShape&, const AttentionOptions&,
                                    AttentionView<const float>, AttentionView<const float>,
                                    const float*, const float*, double*, double*);
template void attention_observables(const AttentionShape&, const AttentionOptions&,
                                    AttentionView<const double>, AttentionView<const double>,
                                    const double*, const double*, double*, double*);

}  // namespace norma::kernels
