#pragma once

#include <cstdint>

namespace norma::kernels {

struct CrossEntropyOptions {
  // Rows with this target count for nothing, nor do those with the default, which data sets write.
  int32_t ignored_index = kAlwaysIgnored;
  bool ignores(int32_t target) const { return target == ignored_index || target == kAlwaysIgnored; }
  static constexpr int32_t kAlwaysIgnored = -100;
  double label_smoothing = 0;  // ε: the target puts 1-ε on its class and ε/classes on every class
  double z_loss = 0;           // λ: λ·(log Σ exp(logit))² is added to a row's loss
};

struct CrossEntropySums {
  double loss = 0;      // sum over the counted rows, in nats
  int64_t counted = 0;  // rows whose target is not the ignored index
  int64_t correct = 0;  // counted rows whose largest logit is the target's
  CrossEntropySums& operator+=(const CrossEntropySums& other) {
    loss += other.loss;
    counted += other.counted;
    correct += other.correct;
    return *this;
  }
};

// Throws Error where a target is neither in [0, classes) nor ignored.
void check_classes(const int32_t* targets, int64_t rows, int64_t classes,
                   const CrossEntropyOptions& options);

// Cross-entropy of softmax(logits) against int32 class numbers: logits (rows, classes), targets
// (rows) in [0, classes) or the ignored index. `row_max` and `row_scale`, each (rows), receive what
// the backward needs: softmax = exp(logit - row_max)·row_scale. `row_loss` (rows) may be null; it
// is 0 where ignored. A logit of NaN or +infinity makes its row's loss NaN; -infinity is a class
// ruled out. A target out of range throws Error.
template <class T>
CrossEntropySums cross_entropy_forward(const T* logits, const int32_t* targets, int64_t rows,
                                       int64_t classes, const CrossEntropyOptions& options,
                                       T* row_max, T* row_scale, T* row_loss);

// dlogits = scale·((1 + 2λ·lse)·softmax - target distribution) with lse = log Σ exp(logit), 0 in
// ignored rows; dlogits may be logits.
template <class T>
void cross_entropy_backward(T* dlogits, const T* logits, const int32_t* targets, int64_t rows,
                            int64_t classes, const CrossEntropyOptions& options, const T* row_max,
                            const T* row_scale, double scale);

// Both at once, with scale 1: dlogits take the place of the logits while a row is in the cache, and
// each exponential is computed once.
template <class T>
CrossEntropySums cross_entropy_in_place(T* logits, const int32_t* targets, int64_t rows,
                                        int64_t classes, const CrossEntropyOptions& options);

}  // namespace norma::kernels
