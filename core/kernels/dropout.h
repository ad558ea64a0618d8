#pragma once

#include <cstdint>

#include "core/rng.h"

namespace norma::kernels {

// y = x·m / (1 − p), where m is 0 with probability p and else 1, drawn anew for each element of
// (samples, per_sample). The mask follows from the stream, the global number of the sample and the
// element's place in it, so forward and backward call this alike and store nothing. The product
// with 0 lets non-finite values through on purpose. y may be x.
template <class T>
void dropout(T* y, const T* x, int64_t samples, int64_t per_sample, double p,
             const RandomStream& random, int64_t first_sample);

// factors[i] = 0 with probability p, else 1 / (1 − p): one number for each whole sample.
template <class T>
void drop_samples(T* factors, int64_t samples, double p, const RandomStream& random,
                  int64_t first_sample);

}  // namespace norma::kernels
