#pragma once

#include <cstdint>
#include <span>

namespace norma::kernels {

// What probes say of a tensor. All sums are double and have the same bits for any number of
// threads; not a number in, not a number out.

// Central moments of numbers: m2 = Σ(x − mean)², m3, m4 likewise.
struct Moments {
  double count = 0, mean = 0, m2 = 0, m3 = 0, m4 = 0;
  double largest = 0;     // magnitude; NaN where a number is
  int64_t nonfinite = 0;  // NaN and infinities
  // As if those of `other` had been among the numbers (Pébay 2008, SAND2008-6212).
  void merge(const Moments& other);
};
template <class T>
Moments moments_of(const T* x, int64_t count);

// Of each channel of (rows, channels): mean, m2, and in `alive` whether some number is not 0.
template <class T>
void channel_moments(const T* x, int64_t rows, int64_t channels, double* mean, double* m2,
                     uint8_t* alive);

// Counts numbers by magnitude: bin 0 holds x ≤ −2^kLast, the next x in (−2^(e+1), −2^e] for e =
// kLast − 1 … kFirst, the middle |x| < 2^kFirst, then the same mirrored. What is not a number goes
// nowhere. The counts are added to.
struct OctaveBins {
  static constexpr int kFirst = -40, kLast = 10;
  static constexpr int kEachSide = kLast - kFirst + 1, kNumber = 2 * kEachSide + 1;
};
template <class T>
void count_octaves(const T* x, int64_t count, std::span<int64_t, OctaveBins::kNumber> counts);

// The mean cosine of the angle between two different samples of (samples, size), those of length 0
// left out; 0 where fewer than two are left.
template <class T>
double mean_cosine(const T* x, int64_t samples, int64_t size);

// What an optimizer's step did: with Δ = after − before, Σ Δ² and Σ Δ·before.
struct StepDots {
  double step_step = 0, step_before = 0;
};
template <class T>
StepDots step_dots(const T* before, const T* after, int64_t count);

}  // namespace norma::kernels
