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

void check_targets(const int32_t* targets, int64_t rows, int64_t classes,
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
struct RowSums {
  T max;             // the largest logit
  T exponentials;    // Σ exp(logit - max)
  double below_max;  // Σ (max - logit), where asked for
};

template <class T>
RowSums<T> row_sums(const T* logits, int64_t classes, bool want_below_max) {
  using V = Vec<T>;
  // A NaN may get lost in this maximum; the exponentials bring it back.
  V top = -std::numeric_limits<T>::infinity();
  for_each_register<T>(classes, [&](int64_t i, auto lanes) {
    const V z = lanes.load(logits + i);
    top = select(lanes.keep(z, top) > top, z, top);
  });
  RowSums<T> sums{hmax(top), 0, 0};
  V exponentials = 0, below_max = 0;
  for_each_register<T>(classes, [&](int64_t i, auto lanes) {
    const V difference = lanes.load(logits + i) - V(sums.max);
    exponentials += lanes.keep(exp(difference), V(0));
    if (want_below_max) below_max += lanes.keep(-difference, V(0));
  });
  sums.exponentials = sum(exponentials);
  sums.below_max = static_cast<double>(sum(below_max));
  return sums;
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

}  // namespace

template <class T>
CrossEntropySums cross_entropy_forward(const T* logits, const int32_t* targets, int64_t rows,
                                       int64_t classes, const CrossEntropyOptions& options,
                                       T* row_max, T* row_scale, T* row_loss) {
  check_targets(targets, rows, classes, options);
  const double smoothing = options.label_smoothing;
  std::array<CrossEntropySums, kMostChunks> partial{};
  const Chunks cut = chunks_of(rows, classes * kWork, kMostChunks);
  parallel_chunks(cut.number, [&](int64_t chunk) {
    CrossEntropySums& sums = partial[static_cast<size_t>(chunk)];
    for (int64_t r = cut.begin(chunk); r < cut.end(chunk); ++r) {
      const T* row = logits + r * classes;
      const bool ignored = options.ignores(targets[r]);
      double loss = 0;
      if (!ignored) {
        const RowSums<T> row_sum = row_sums(row, classes, smoothing > 0);
        row_max[r] = row_sum.max;
        row_scale[r] = T(1) / row_sum.exponentials;
        // -log softmax = (max - logit) + log Σ: no cancellation, however large the logits.
        const double log_sum = std::log(static_cast<double>(row_sum.exponentials));
        loss = static_cast<double>(row_sum.max) - static_cast<double>(row[targets[r]]) + log_sum;
        if (smoothing > 0) {
          const double mean = row_sum.below_max / static_cast<double>(classes) + log_sum;
          loss = (1 - smoothing) * loss + smoothing * mean;
        }
        if (options.z_loss > 0) {
          const double lse = static_cast<double>(row_sum.max) + log_sum;
          loss += options.z_loss * lse * lse;
        }
        sums.loss += loss;
        sums.counted += 1;
        sums.correct += is_first_largest(row, targets[r], row_sum.max);
      } else {
        row_max[r] = 0;
        row_scale[r] = 0;
      }
      if (row_loss) row_loss[r] = static_cast<T>(loss);
    }
  });
  CrossEntropySums total;
  for (const CrossEntropySums& sums : partial) {
    total.loss += sums.loss;
    total.counted += sums.counted;
    total.correct += sums.correct;
  }
  return total;
}

template <class T>
void cross_entropy_backward(T* dlogits, const T* logits, const int32_t* targets, int64_t rows,
                            int64_t classes, const CrossEntropyOptions& options, const T* row_max,
                            const T* row_scale, double scale) {
  using V = Vec<T>;
  const V everywhere =
      static_cast<T>(scale * options.label_smoothing / static_cast<double>(classes));
  const T at_target = static_cast<T>(scale * (1 - options.label_smoothing));
  parallel_ranges(rows, classes * kWork, [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T* row = logits + r * classes;
      T* gradient = dlogits + r * classes;
      if (options.ignores(targets[r])) {
        for_each_register<T>(classes, [=](int64_t i, auto lanes) { lanes.store(gradient + i, 0); });
        continue;
      }
      double weight = scale;
      if (options.z_loss > 0) {
        const double lse =
            static_cast<double>(row_max[r]) - std::log(static_cast<double>(row_scale[r]));
        weight *= 1 + 2 * options.z_loss * lse;
      }
      const V max = row_max[r], factor = static_cast<T>(weight) * row_scale[r];
      for_each_register<T>(classes, [=](int64_t i, auto lanes) {
        lanes.store(gradient + i, exp(lanes.load(row + i) - max) * factor - everywhere);
      });
      gradient[targets[r]] -= at_target;
    }
  });
}

#define NORMA_INSTANTIATE(T)                                                                  \
  template CrossEntropySums cross_entropy_forward(const T*, const int32_t*, int64_t, int64_t, \
                                                  const CrossEntropyOptions&, T*, T*, T*);    \
  template void cross_entropy_backward(T*, const T*, const int32_t*, int64_t, int64_t,        \
                                       const CrossEntropyOptions&, const T*, const T*, double);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
