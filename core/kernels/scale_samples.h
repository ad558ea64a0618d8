#pragma once

#include <cstdint>

namespace norma::kernels {

// out = scale·drop[n]·x for each of n samples of `size` numbers; a null drop is 1 for every sample.
template <class T>
void scale_samples(const T* x, T scale, const T* drop, int64_t samples, int64_t size, T* out);

// out = base + scale·drop[n]·branch.
template <class T>
void add_samples(const T* base, const T* branch, T scale, const T* drop, int64_t samples,
                 int64_t size, T* out);

}  // namespace norma::kernels
