#pragma once

#include <cstdint>

namespace norma::kernels {

// Mean and m2 = Σ(x − mean)² of rows of `channels` numbers, `stride` elements from row to row; for
// uncentred statistics the mean is 0 and m2 = Σx².
//
// One pass over the data sums x − s and its square, where s, the mean of the row's first register,
// is near enough to the row's for m2 to lose one bit at most by Σ(x − s)² − (Σ(x − s))²/n (T. Chan,
// G. Golub, R. LeVeque, "Algorithms for Computing the Sample Variance", 1983: shifted data). A row
// where it is not is summed again, about its mean. Right over the whole range of T = float, like
// all moments (moments.h).
template <class T>
void row_moments(const T* x, int64_t stride, int64_t rows, int64_t channels, bool centred,
                 double* mean, double* m2);

// Σx² of one row.
template <class T>
double row_sum_of_squares(const T* x, int64_t channels);

}  // namespace norma::kernels
