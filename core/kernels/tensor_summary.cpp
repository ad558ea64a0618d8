#include "core/kernels/tensor_summary.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "core/kernels/dot.h"
#include "core/kernels/norm/moments.h"
#include "core/parallel.h"

namespace norma::kernels {

void Moments::merge(const Moments& other) {
  nonfinite += other.nonfinite;
  largest = std::isnan(largest) || largest > other.largest ? largest : other.largest;
  if (other.count == 0) return;
  const double a = count, b = other.count, n = a + b, d = other.mean - mean;
  const double d_n = d / n, d2 = d * d_n * a * b;
  m4 += other.m4 + d2 * d_n * d_n * (a * a - a * b + b * b) +
        6 * d_n * d_n * (a * a * other.m2 + b * b * m2) + 4 * d_n * (a * other.m3 - b * m3);
  m3 += other.m3 + d2 * d_n * (a - b) + 3 * d_n * (a * other.m2 - b * m2);
  m2 += other.m2 + d2;
  mean += d_n * b;
  count = n;
}

namespace {

constexpr int64_t kMostParts = 32;

// Two passes over numbers that are in cache by the second.
template <class T>
Moments moments_of_range(const T* x, int64_t count) {
  Moments made;
  made.count = static_cast<double>(count);
  double sum = 0;
  int64_t finite = 0;
#pragma omp simd reduction(+ : sum, finite)
  for (int64_t i = 0; i < count; ++i) {
    sum += static_cast<double>(x[i]);
    finite += std::abs(x[i]) <= std::numeric_limits<T>::max();
  }
  made.nonfinite = count - finite;
  made.mean = sum / made.count;
  const double mean = made.mean;
  double m2 = 0, m3 = 0, m4 = 0;
  T largest = 0;
#pragma omp simd reduction(+ : m2, m3, m4) reduction(max : largest)
  for (int64_t i = 0; i < count; ++i) {
    const double u = static_cast<double>(x[i]) - mean, square = u * u;
    m2 += square;
    m3 += square * u;
    m4 += square * square;
    largest = std::max(largest, std::abs(x[i]));
  }
  made.m2 = m2, made.m3 = m3, made.m4 = m4;
  made.largest = static_cast<double>(largest);
  if (made.nonfinite > 0)
    for (int64_t i = 0; i < count; ++i)
      if (std::isnan(x[i])) made.largest = std::numeric_limits<double>::quiet_NaN();
  return made;
}

}  // namespace

template <class T>
Moments moments_of(const T* x, int64_t count) {
  std::array<Moments, kMostParts> parts;
  const Chunks cut = chunks_of(count, 8, kMostParts);
  parallel_chunks(cut.number, [&](int64_t chunk) {
    parts[static_cast<size_t>(chunk)] =
        moments_of_range(x + cut.begin(chunk), cut.end(chunk) - cut.begin(chunk));
  });
  Moments all;
  for (int64_t chunk = 0; chunk < cut.number; ++chunk) all.merge(parts[static_cast<size_t>(chunk)]);
  return all;
}

namespace {

// Of some rows, in two passes; overwrites mean, m2 and alive.
template <class T>
void channel_moments_of_rows(const T* x, int64_t rows, int64_t channels, double* mean, double* m2,
                             uint8_t* alive) {
  std::fill_n(mean, channels, 0.0);
  std::fill_n(m2, channels, 0.0);
  std::fill_n(alive, channels, uint8_t{0});
  for (int64_t row = 0; row < rows; ++row) {
    const T* const at = x + row * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) mean[c] += static_cast<double>(at[c]);
  }
  for (int64_t c = 0; c < channels; ++c) mean[c] /= static_cast<double>(rows);
  for (int64_t row = 0; row < rows; ++row) {
    const T* const at = x + row * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) {
      const double u = static_cast<double>(at[c]) - mean[c];
      m2[c] += u * u;
    }
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) alive[c] |= static_cast<uint8_t>(at[c] != T(0));
  }
}

}  // namespace

template <class T>
void channel_moments(const T* x, int64_t rows, int64_t channels, double* mean, double* m2,
                     uint8_t* alive) {
  const Chunks cut = chunks_of(rows, 8 * channels, kMostParts);
  const size_t each = static_cast<size_t>(channels), parts = static_cast<size_t>(cut.number);
  std::vector<double> sums(2 * each * parts);
  std::vector<uint8_t> living(each * parts);
  parallel_chunks(cut.number, [&](int64_t chunk) {
    const size_t part = static_cast<size_t>(chunk);
    channel_moments_of_rows(x + cut.begin(chunk) * channels, cut.end(chunk) - cut.begin(chunk),
                            channels, &sums[2 * each * part], &sums[2 * each * part + each],
                            &living[each * part]);
  });
  std::fill_n(mean, channels, 0.0);
  std::fill_n(m2, channels, 0.0);
  std::fill_n(alive, channels, uint8_t{0});
  double before = 0;
  for (int64_t chunk = 0; chunk < cut.number; ++chunk) {
    const size_t part = static_cast<size_t>(chunk);
    const double here = static_cast<double>(cut.end(chunk) - cut.begin(chunk));
    for (size_t c = 0; c < each; ++c) {
      double rows_so_far = before;
      merge_moments(rows_so_far, mean[c], m2[c], here, sums[2 * each * part + c],
                    sums[2 * each * part + each + c]);
      alive[c] |= living[each * part + c];
    }
    before += here;
  }
}

namespace {

// The exponent e of |x| in [2^e, 2^(e+1)), clamped to what the bins tell apart; read off the bits.
template <class T>
int clamped_exponent(T x) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  constexpr int kMantissa = std::numeric_limits<T>::digits - 1;
  constexpr int kBias = std::numeric_limits<T>::max_exponent - 1;
  const Bits magnitude = std::bit_cast<Bits>(x) & (~Bits{0} >> 1);
  const int exponent = static_cast<int>(magnitude >> kMantissa) - kBias;
  return std::clamp(exponent, OctaveBins::kFirst - 1, OctaveBins::kLast);
}

}  // namespace

template <class T>
void count_octaves(const T* x, int64_t count, std::span<int64_t, OctaveBins::kNumber> counts) {
  using Counts = std::array<int64_t, OctaveBins::kNumber>;
  constexpr int kMiddle = OctaveBins::kEachSide;
  const Chunks cut = chunks_of(count, 4, kMostParts);
  std::vector<Counts> parts(static_cast<size_t>(cut.number), Counts{});
  parallel_chunks(cut.number, [&](int64_t chunk) {
    Counts& part = parts[static_cast<size_t>(chunk)];
    for (int64_t i = cut.begin(chunk); i < cut.end(chunk); ++i) {
      if (std::isnan(x[i])) continue;
      const int distance = clamped_exponent(x[i]) - OctaveBins::kFirst + 1;
      ++part[static_cast<size_t>(kMiddle + (std::signbit(x[i]) ? -distance : distance))];
    }
  });
  for (const Counts& part : parts)
    for (size_t bin = 0; bin < part.size(); ++bin) counts[bin] += part[bin];
}

template <class T>
double mean_cosine(const T* x, int64_t samples, int64_t size) {
  std::vector<double> rows(static_cast<size_t>(samples));  // 1/‖row‖, 0 where it is 0
  double counted = 0;
  for (int64_t n = 0; n < samples; ++n) {
    const double square = dot(x + n * size, x + n * size, size);
    rows[static_cast<size_t>(n)] = square == 0 ? 0 : 1 / std::sqrt(square);
    counted += square != 0;
  }
  if (counted < 2) return 0;
  // ‖Σ unit rows‖² counts every pair twice and every row with itself.
  std::array<double, kMostParts> parts{};
  const Chunks cut = chunks_of(size, 2 * samples, kMostParts);
  parallel_chunks(cut.number, [&](int64_t chunk) {
    for (int64_t i = cut.begin(chunk); i < cut.end(chunk); ++i) {
      double sum = 0;
      for (int64_t n = 0; n < samples; ++n)
        sum += static_cast<double>(x[n * size + i]) * rows[static_cast<size_t>(n)];
      parts[static_cast<size_t>(chunk)] += sum * sum;
    }
  });
  double square = 0;
  for (const double part : parts) square += part;
  return (square - counted) / (counted * (counted - 1));
}

template <class T>
StepDots step_dots(const T* before, const T* after, int64_t count) {
  std::array<StepDots, kMostParts> parts;
  const Chunks cut = chunks_of(count, 4, kMostParts);
  parallel_chunks(cut.number, [&](int64_t chunk) {
    double step_step = 0, step_before = 0;
#pragma omp simd reduction(+ : step_step, step_before)
    for (int64_t i = cut.begin(chunk); i < cut.end(chunk); ++i) {
      const double start = static_cast<double>(before[i]);
      const double step = static_cast<double>(after[i]) - start;
      step_step += step * step;
      step_before += step * start;
    }
    parts[static_cast<size_t>(chunk)] = {step_step, step_before};
  });
  StepDots all;
  for (const StepDots& part : parts) {
    all.step_step += part.step_step;
    all.step_before += part.step_before;
  }
  return all;
}

#define NORMA_INSTANTIATE(T)                                                               \
  template Moments moments_of(const T*, int64_t);                                          \
  template void channel_moments(const T*, int64_t, int64_t, double*, double*, uint8_t*);   \
  template void count_octaves(const T*, int64_t, std::span<int64_t, OctaveBins::kNumber>); \
  template double mean_cosine(const T*, int64_t, int64_t);                                 \
  template StepDots step_dots(const T*, const T*, int64_t);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
