#pragma once

#include <cstdint>

namespace norma::kernels {

// Σ a[i]·b[i], summed in double.
template <class T>
double dot(const T* a, const T* b, int64_t count);

// The same over the rows that are valid; a null mask = all.
template <class T>
double dot_rows(const T* a, const T* b, int64_t rows, int64_t columns, const uint8_t* mask);

// target[i] += Σ_j a[i·columns + j]·b[i·columns + j], summed in double: what one factor a row gets
// as its gradient.
template <class T>
void add_row_dots(T* target, const T* a, const T* b, int64_t rows, int64_t columns);

}  // namespace norma::kernels
