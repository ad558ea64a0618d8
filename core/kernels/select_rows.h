#pragma once

#include <cstdint>

namespace norma::kernels {

// out[i] = x[i] where valid[i] is not 0, else zeros; rows of `width` elements. out may be x.
template <class T>
void select_rows(T* out, const T* x, const uint8_t* valid, int64_t rows, int64_t width);

}  // namespace norma::kernels
