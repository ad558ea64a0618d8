#pragma once

#include <cstdint>

namespace norma::kernels {

// Σ −t·log σ(z) − (1 − t)·log(1 − σ(z)) over logits z and targets t in [0, 1], in double. Written
// as max(z, 0) − z·t + log(1 + e^−|z|), which neither overflows nor cancels.
template <class T>
double binary_cross_entropy(const T* logits, const T* target, int64_t count);

// dlogits = scale·(σ(z) − t); dlogits may be logits.
template <class T>
void binary_cross_entropy_backward(T* dlogits, const T* logits, const T* target, int64_t count,
                                   double scale);

// How many logits are on their target's side: z > 0 where t > ½, z ≤ 0 elsewhere.
template <class T>
int64_t count_same_side(const T* logits, const T* target, int64_t count);

}  // namespace norma::kernels
