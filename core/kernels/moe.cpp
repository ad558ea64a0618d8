#include "core/kernels/moe.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"

namespace norma::kernels {
namespace {

template <class T>
void choose(const T* logits, int64_t experts, int64_t k, int32_t* chosen) {
  for (int64_t j = 0; j < k; ++j) {
    int32_t best = -1;
    for (int32_t e = 0; e < experts; ++e) {
      if (std::find(chosen, chosen + j, e) != chosen + j) continue;
      // The first free expert stands until a larger logit comes; a NaN never does.
      if (best < 0 || logits[e] > logits[best]) best = e;
    }
    chosen[j] = best;
  }
}

template <class T>
double softmax(const T* logits, int64_t experts, double* probabilities) {
  const double top = static_cast<double>(*std::max_element(logits, logits + experts));
  double sum = 0;
  for (int64_t e = 0; e < experts; ++e)
    sum += probabilities[e] = std::exp(static_cast<double>(logits[e]) - top);
  for (int64_t e = 0; e < experts; ++e) probabilities[e] /= sum;
  return top + std::log(sum);
}

}  // namespace

template <class T>
void route_tokens(const MoeShape& shape, const T* logits, const uint8_t* valid, int32_t* chosen,
                  double* probabilities, double* lse) {
  const int64_t experts = shape.experts, k = shape.k;
  parallel_ranges(shape.tokens(), experts * (20 + k), [=](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      if (valid && !valid[t]) {
        std::fill_n(chosen + t * k, k, -1);
        std::fill_n(probabilities + t * experts, experts, 0.0);
        lse[t] = 0;
        continue;
      }
      choose(logits + t * experts, experts, k, chosen + t * k);
      lse[t] = softmax(logits + t * experts, experts, probabilities + t * experts);
    }
  });
}

int64_t assign_rows(const MoeShape& shape, const int32_t* chosen, double capacity_factor,
                    int32_t* rows, int32_t* token, int32_t* first, int32_t* asked) {
  const int64_t experts = shape.experts, k = shape.k, each = shape.group_tokens;
  std::fill_n(asked, shape.groups * experts, 0);
  // What each group hands to an expert, counted; `rows` holds the place within the group's share.
  int64_t dropped = 0;
  std::fill_n(first, experts + 1, 0);
  for (int64_t g = 0; g < shape.groups; ++g) {
    const int32_t* const choices = chosen + g * each * k;
    int32_t* const counts = asked + g * experts;
    int64_t valid = 0;
    for (int64_t t = 0; t < each; ++t) valid += choices[t * k] >= 0;
    const double limit = capacity_factor * static_cast<double>(k * valid);
    const int64_t capacity =
        capacity_factor > 0 ? static_cast<int64_t>(std::ceil(limit / static_cast<double>(experts)))
                            : valid;
    for (int64_t j = 0; j < k; ++j)
      for (int64_t t = 0; t < each; ++t) {
        const int32_t expert = choices[t * k + j];
        int32_t& row = rows[(g * each + t) * k + j];
        row = -1;
        if (expert < 0) continue;
        if (counts[expert] < capacity)
          row = first[expert + 1]++;  // the place among all that this expert takes
        else
          ++dropped;
        ++counts[expert];
      }
  }
  for (int64_t e = 0; e < experts; ++e) first[e + 1] += first[e];
  parallel_ranges(shape.tokens(), 4 * k, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin * k; i < end * k; ++i) {
      if (rows[i] < 0) continue;
      rows[i] += first[chosen[i]];
      token[rows[i]] = static_cast<int32_t>(i / k);
    }
  });
  return dropped;
}

template <class T>
void combine_rows(T* y, const T* in, const int32_t* rows, const T* gates, int64_t tokens, int64_t k,
                  int64_t width) {
  parallel_ranges(tokens, k * width, [=](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      T* const out = y + t * width;
      std::fill_n(out, width, T(0));
      for (int64_t j = t * k; j < (t + 1) * k; ++j) {
        if (rows[j] < 0) continue;
        const T* const row = in + rows[j] * width;
        const T gate = gates ? gates[j] : T(1);
#pragma omp simd
        for (int64_t c = 0; c < width; ++c) out[c] += gate * row[c];
      }
    }
  });
}

template <class T>
void combine_rows_backward(T* din, T* dgates, const T* dy, const T* in, const int32_t* rows,
                           const T* gates, int64_t tokens, int64_t k, int64_t width) {
  parallel_ranges(tokens, 2 * k * width, [=](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const T* const d = dy + t * width;
      for (int64_t j = t * k; j < (t + 1) * k; ++j) {
        dgates[j] = 0;
        if (rows[j] < 0) continue;
        const T* const row = in + rows[j] * width;
        T* const drow = din + rows[j] * width;
        const T gate = gates[j];
        T dot = 0;
#pragma omp simd reduction(+ : dot)
        for (int64_t c = 0; c < width; ++c) {
          dot += d[c] * row[c];
          drow[c] = gate * d[c];
        }
        dgates[j] = dot;
      }
    }
  });
}

#define NORMA_INSTANTIATE(T)                                                                     \
  template void route_tokens(const MoeShape&, const T*, const uint8_t*, int32_t*, double*,       \
                             double*);                                                           \
  template void combine_rows(T*, const T*, const int32_t*, const T*, int64_t, int64_t, int64_t); \
  template void combine_rows_backward(T*, T*, const T*, const T*, const int32_t*, const T*,      \
                                      int64_t, int64_t, int64_t);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
