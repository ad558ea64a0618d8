#pragma once

#include <cstdint>

#include "core/dtype.h"

// How a mean and a variance are summed in textbooks and in other people's kernels, each written as
// plainly as it can be: the order of additions and where they round are the point. Compiled without
// contraction to fused multiply-adds, which would leave some of those roundings out.
namespace norma::numerics {

// Of n numbers, the variance being Σ(x − mean)²/n, in the precision in which they were computed.
struct Moments {
  double mean = 0, variance = 0;
};

// What `Sum` adds into: each addition rounds to the type.
struct BFloat16Sum {
  bfloat16 value{0.0f};
  void operator+=(float x) { value = bfloat16(static_cast<float>(value) + x); }
  operator float() const { return value; }
};

// Σx and Σx² in one pass, each rounded to `Sum` at every addition; the variance as mean square
// minus squared mean. `T` is the type of everything else.
template <class Sum, class T>
Moments one_pass(const float* x, int64_t n) {
  Sum sum{}, squares{};
  for (int64_t i = 0; i < n; ++i) {
    const T value = static_cast<T>(x[i]);
    sum += value;
    squares += value * value;
  }
  const T count = static_cast<T>(n), mean = static_cast<T>(sum) / count;
  const T variance = static_cast<T>(squares) / count - mean * mean;
  return {static_cast<double>(mean), static_cast<double>(variance)};
}

// The mean, then Σ(x − mean)².
template <class Sum>
Moments two_passes(const float* x, int64_t n) {
  Sum sum{}, squares{};
  for (int64_t i = 0; i < n; ++i) sum += x[i];
  const float count = static_cast<float>(n), mean = static_cast<float>(sum) / count;
  for (int64_t i = 0; i < n; ++i) squares += (x[i] - mean) * (x[i] - mean);
  return {static_cast<double>(mean), static_cast<double>(static_cast<float>(squares) / count)};
}

// A mean and a sum of squares that follow every number (Welford 1962).
inline Moments welford(const float* x, int64_t n) {
  float mean = 0, squares = 0;
  for (int64_t i = 0; i < n; ++i) {
    const float before = x[i] - mean;
    mean += before / static_cast<float>(i + 1);
    squares += before * (x[i] - mean);
  }
  return {static_cast<double>(mean), static_cast<double>(squares / static_cast<float>(n))};
}

// Σ term(x), halved down to eight numbers at a time.
template <class Term>
float pairwise_sum(const float* x, int64_t n, Term term) {
  if (n > 8) return pairwise_sum(x, n / 2, term) + pairwise_sum(x + n / 2, n - n / 2, term);
  float sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += term(x[i]);
  return sum;
}

// Two passes whose sums are made by halves.
inline Moments pairwise(const float* x, int64_t n) {
  const float count = static_cast<float>(n);
  const float mean = pairwise_sum(x, n, [](float v) { return v; }) / count;
  const float squares = pairwise_sum(x, n, [=](float v) { return (v - mean) * (v - mean); });
  return {static_cast<double>(mean), static_cast<double>(squares / count)};
}

}  // namespace norma::numerics
