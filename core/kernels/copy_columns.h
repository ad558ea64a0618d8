#pragma once

#include <cstddef>
#include <cstdint>

namespace norma::kernels {

// Copies `rows` rows of `row_bytes` bytes each; they lie out_step and in_step bytes apart. A null
// `in` stands for zeros.
void copy_columns(std::byte* out, int64_t out_step, const std::byte* in, int64_t in_step,
                  int64_t rows, int64_t row_bytes);

}  // namespace norma::kernels
