#include "core/kernels/softmax_cross_entropy.h"

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "core/error.h"
#include "core/kernels/lanes.h"
#include "core/kernels/vmath.h"
#include "core/parallel.h"

namespace norma::kernels {
namespace {

using math::for_each_register;
using math::Vec;

// What one logit costs in elementary steps: an exponential of a register of them.
constexpr int64_t kWork = 3;
constexpr int64_t kMostChunks = 32;

// A NaN may get lost in this maximum; the exponentials bring it back.
template <class T>
T largest_of(const T* logits, int64_t classes) {
  Vec<T> top = -std::numeric_limits<T>::infinity();
  for_each_register<T>(classes, [&](int64_t i, auto lanes) {
    const Vec<T> z = lanes.load(logits + i);
    top = select(lanes.keep(z, top) > top, z, top);
  });
  return hmax(top);
}

template <class T>
struct RowSums {
  T max;             // the largest logit
  T exponentials;    // Σ exp(logit - max)
  double below_max;  // Σ (max - logit), where asked for
};

// With kReplace, exp(logit - max) takes the place of each logit.
template <bool kReplace, class T, class Logit>
RowSums<T> row_sums(Logit* logits, int64_t classes, T max, bool want_below_max) {
  using V = Vec<T>;
  V exponentials = 0, below_max = 0;
  for_each_register<T>(classes, [&](int64_t i, auto lanes) {
    const V difference = lanes.load(logits + i) - V(max), exponential = exp(difference);
    if constexpr (kReplace) lanes.store(logits + i, exponential);
    exponentials += lanes.keep(exponential, V(0));
    if (want_below_max) below_max += lanes.keep(-difference, V(0));
  });
  return {max, sum(exponentials), static_cast<double>(sum(below_max))};
}

// Whether the target's logit is the largest; among equals the first counts, as argmax has it.
template <class T>
bool is_first_largest(const T* logits, int64_t target, T largest) {
  if (!(logits[target] == largest)) return false;
  Vec<T> equal_before = 0;
  for_each_register<T>(target, [&](int64_t i, auto lanes) {
    const auto hit = select(lanes.load(logits + i) == Vec<T>(largest), Vec<T>(1), Vec<T>(0));
    equal_before = max(equal_before, lanes.keep(hit, Vec<T>(0)));
  });
  return hmax(equal_before) == 0;
}

// The loss of a row, whose target has the given logit.
template <class T>
double row_loss_of(const RowSums<T>& row, T at_target, int64_t classes,
                   const CrossEntropyOptions& options) {
  // -log softmax = (max - logit) + log Σ: no cancellation, however large the logits.
  const double log_sum = std::log(static_cast<double>(row.exponentials));
  double loss = static_cast<double>(row.max) - static_cast<double>(at_target) + log_sum;
  if (options.label_smoothing > 0) {
    const double mean = row.below_max / static_cast<double>(classes) + log_sum;
    loss = (1 - options.label_smoothing) * loss + options.label_smoothing * mean;
  }
  if (options.z_loss > 0) {
    const double lse = static_cast<double>(row.max) + log_sum;
    loss += options.z_loss * lse * lse;
  }
  return loss;
}

// Writes the gradient of one row, of whose exponentials exponential(i, lanes) gives a register and
// `row_scale` is 1 over the sum.
template <class T, class Exponential>
void row_gradient(T* gradient, int32_t target, int64_t classes, const CrossEntropyOptions& options,
                  T max, T row_scale, double scale, const Exponential& exponential) {
  double weight = scale;
  if (options.z_loss > 0) {
    const double lse = static_cast<double>(max) - std::log(static_cast<double>(row_scale));
    weight *= 1 + 2 * options.z_loss * lse;
  }
  const Vec<T> everywhere =
      static_cast<T>(scale * options.label_smoothing / static_cast<double>(classes));
  const Vec<T> factor = static_cast<T>(weight) * row_scale;
  for_each_register<T>(classes, [&](int64_t i, auto lanes) {
    lanes.store(gradient + i, exponential(i, lanes) * factor - everywhere);
  });
  gradient[target] -= static_cast<T>(scale * (1 - options.label_smoothing));
}

template <class T>
void clear_row(T* row, int64_t classes) {
  for_each_register<T>(classes, [=](int64_t i, auto lanes) { lanes.store(row + i, 0); });
}

// Runs row(r, sums) for all rows, each in the chunk whose sums it adds to, and adds up the chunks
// in their order.
template <class Row>
CrossEntropySums sum_over_rows(int64_t rows, int64_t classes, const Row& row) {
  std::array<CrossEntropySums, kMostChunks> partial{};
  const Chunks cut = chunks_of(rows, classes * kWork, kMostChunks);
  parallel_chunks(cut.number, [&](int64_t chunk) {
    for (int64_t r = cut.begin(chunk); r < cut.end(chunk); ++r)
      row(r, partial[static_cast<size_t>(chunk)]);
  });
  CrossEntropySums total;
  for (const CrossEntropySums& sums : partial) total += sums;
  return total;
}

}  // namespace

void check_classes(const int32_t* targets, int64_t rows, int64_t classes,
                   const CrossEntropyOptions& options) {
  for (int64_t r = 0; r < rows; ++r) {
    const int32_t target = targets[r];
    if (!options.ignores(target) && (target < 0 || target >= classes)) {
      throw Error("[cross_entropy] target " + std::to_string(target) + " in row " +
                  std::to_string(r) + " is neither a class (0 to " + std::to_string(classes - 1) +
                  ") nor the ignored index " + std::to_string(options.ignored_index));
    }
  }
}

template <class T>
CrossEntropySums cross_entropy_forward(const T* logits, const int32_t* targets, int64_t rows,
                                       int64_t classes, const CrossEntropyOptions& options,
                                       T* row_max, T* row_scale, T* row_loss) {
  check_classes(targets, rows, classes, options);
  return sum_over_rows(rows, classes, [&](int64_t r, CrossEntropySums& sums) {
    const T* row = logits + r * classes;
    double loss = 0;
    if (options.ignores(targets[r])) {
      row_max[r] = 0;
      row_scale[r] = 0;
    } else {
      const RowSums<T> row_sum =
          row_sums<false>(row, classes, largest_of(row, classes), options.label_smoothing > 0);
      row_max[r] = row_sum.max;
      row_scale[r] = T(1) / row_sum.exponentials;
      loss = row_loss_of(row_sum, row[targets[r]], classes, options);
      sums +=
          {.loss = loss, .counted = 1, .correct = is_first_largest(row, targets[r], row_sum.max)};
    }
    if (row_loss) row_loss[r] = static_cast<T>(loss);
  });
}

template <class T>
void cross_entropy_backward(T* dlogits, const T* logits, const int32_t* targets, int64_t rows,
                            int64_t classes, const CrossEntropyOptions& options, const T* row_max,
                            const T* row_scale, double scale) {
  parallel_ranges(rows, classes * kWork, [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T* row = logits + r * classes;
      T* gradient = dlogits + r * classes;
      if (options.ignores(targets[r])) {
        clear_row(gradient, classes);
        continue;
      }
      const Vec<T> max = row_max[r];
      row_gradient(gradient, targets[r], classes, options, row_max[r], row_scale[r], scale,
                   [=](int64_t i, auto lanes) { return exp(lanes.load(row + i) - max); });
    }
  });
}

template <class T>
CrossEntropySums cross_entropy_in_place(T* logits, const int32_t* targets, int64_t rows,
                                        int64_t classes, const CrossEntropyOptions& options) {
  check_classes(targets, rows, classes, options);
  return sum_over_rows(rows, classes, [&](int64_t r, CrossEntropySums& sums) {
    T* row = logits + r * classes;
    const int32_t target = targets[r];
    if (options.ignores(target)) return clear_row(row, classes);
    const T at_target = row[target], max = largest_of(row, classes);
    const bool correct = is_first_largest(row, target, max);
    const RowSums<T> row_sum = row_sums<true>(row, classes, max, options.label_smoothing > 0);
    sums += {.loss = row_loss_of(row_sum, at_target, classes, options),
             .counted = 1,
             .correct = correct};
    row_gradient(row, target, classes, options, max, T(1) / row_sum.exponentials, 1,
                 [=](int64_t i, auto lanes) { return lanes.load(row + i); });
  });
}

#define NORMA_INSTANTIATE(T)                                                                  \
  template CrossEntropySums cross_entropy_forward(const T*, const int32_t*, int64_t, int64_t, \
                                                  const CrossEntropyOptions&, T*, T*, T*);    \
  template CrossEntropySums cross_entropy_in_place(T*, const int32_t*, int64_t, int64_t,      \
                                                   const CrossEntropyOptions&);               \
  template void cross_entropy_backward(T*, const T*, const int32_t*, int64_t, int64_t,        \
                                       const CrossEntropyOptions&, const T*, const T*, double);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
