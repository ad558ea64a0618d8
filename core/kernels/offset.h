#pragma once

#include <cstdint>

namespace norma::kernels {

// y = x + offset, the same number everywhere.
template <class T>
void add_offset(T* y, const T* x, T offset, int64_t count);

}  // namespace norma::kernels
