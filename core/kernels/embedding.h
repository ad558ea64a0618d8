#pragma once

#include <cstdint>

namespace norma::kernels {

// Position of the first of `count` indices outside [0, entries), or -1 when all are inside.
int64_t find_outside(const int32_t* index, int64_t count, int64_t entries);

// out[i] = table[index[i]], rows of `width` elements; the indices must be inside the table.
template <class T>
void gather_rows(T* out, const T* table, const int32_t* index, int64_t count, int64_t width);

// dtable[index[i]] += dout[i]: the gradient of gather_rows.
template <class T>
void scatter_add_rows(T* dtable, const T* dout, const int32_t* index, int64_t count, int64_t width);

// out[b][s] = x[b][s] + table[s]: rows of `width`, the same table for each of `batch` samples.
template <class T>
void add_per_position(T* out, const T* x, const T* table, int64_t batch, int64_t positions,
                      int64_t width);

// dtable[s] += Σ_b dout[b][s]: the gradient of add_per_position.
template <class T>
void sum_per_position(T* dtable, const T* dout, int64_t batch, int64_t positions, int64_t width);

}  // namespace norma::kernels
