#pragma once

#include <cstdint>

namespace norma::kernels {

// target[i] += source[i].
template <class T>
void add_to(T* target, const T* source, int64_t count);

// out[i] = a[i] + b[i].
template <class T>
void add(T* out, const T* a, const T* b, int64_t count);

}  // namespace norma::kernels
