#pragma once

#include "core/kernels/softmax_cross_entropy.h"
#include "core/tensor.h"

namespace norma {

// The rows whose targets count. Where some do not, those that do are brought together for products
// that leave the others out.
class CountedRows {
 public:
  CountedRows(const Tensor& target, const kernels::CrossEntropyOptions& options);

  int64_t number() const { return number_; }
  bool all() const { return number_ == total_; }

  // Copies those numbered [begin, end) of the rows that count, `row_bytes` each, from where they
  // stand in `all` to `together`, or back.
  void gather(int64_t begin, int64_t end, const std::byte* all, std::byte* together,
              int64_t row_bytes) const;
  void scatter(int64_t begin, int64_t end, const std::byte* together, std::byte* all,
               int64_t row_bytes) const;
  // Zeros in the rows that do not count.
  void clear_others(std::byte* all, int64_t row_bytes) const;

 private:
  int64_t total_, number_ = 0;
  Tensor rows_;  // the numbers of those that count, then of the others; undefined where all count
};

}  // namespace norma
