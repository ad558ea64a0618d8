#include "core/kernels/copy_columns.h"

#include <cstring>

#include "core/parallel.h"

namespace norma::kernels {

void copy_columns(std::byte* out, int64_t out_step, const std::byte* in, int64_t in_step,
                  int64_t rows, int64_t row_bytes) {
  const size_t bytes = static_cast<size_t>(row_bytes);
  parallel_ranges(rows, row_bytes / 4, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if (in)
        std::memcpy(out + i * out_step, in + i * in_step, bytes);
      else
        std::memset(out + i * out_step, 0, bytes);
    }
  });
}

}  // namespace norma::kernels
