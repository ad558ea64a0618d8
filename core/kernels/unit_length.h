#pragma once

#include <cstdint>

namespace norma::kernels {

// Scales every row of x (rows, columns) to length 1 in place; rows of zeros stay. Lengths in
// double.
template <class T>
void unit_rows(T* x, int64_t rows, int64_t columns);

// The same of every column.
template <class T>
void unit_columns(T* x, int64_t rows, int64_t columns);

}  // namespace norma::kernels
