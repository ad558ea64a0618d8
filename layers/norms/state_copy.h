#pragma once

#include <array>
#include <vector>

#include "core/param.h"

namespace norma {

// State buffers in double, and back.
class StateCopy {
 public:
  static constexpr size_t kMost = 4;
  explicit StateCopy(const std::vector<Buffer*>& buffers) : buffers_(buffers) {
    for (size_t i = 0; i < buffers.size(); ++i) {
      numbers_[i] = buffers[i]->value.to(DType::kFloat64);
      rows_[i] = numbers_[i].data<double>();
    }
  }
  double* const* rows() const { return rows_.data(); }
  void write_back() const {
    for (size_t i = 0; i < buffers_.size(); ++i) buffers_[i]->value.copy_from(numbers_[i]);
  }

 private:
  const std::vector<Buffer*>& buffers_;
  std::array<Tensor, kMost> numbers_;
  std::array<double*, kMost> rows_{};
};

}  // namespace norma
