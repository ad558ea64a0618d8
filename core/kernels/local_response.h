#pragma once

#include <cstdint>

namespace norma::kernels {

// y_c = x_c · (k + α/n · Σ x_j²)^−β over the n = `size` neighbours j of channel c, from c − ⌊n/2⌋
// to c + ⌊(n−1)/2⌋; what lies outside the channels counts as 0. Rows of C channels.
template <class T>
struct LocalResponse {
  int64_t rows = 0, channels = 0, size = 5;
  double alpha = 1e-4, beta = 0.75, k = 1;
  const uint8_t* mask = nullptr;  // one a row, 0 = padding, whose y and dx are 0; null = all valid
  const T* x = nullptr;
};

template <class T>
void local_response(const LocalResponse<T>& norm, T* y);
template <class T>
void local_response_backward(const LocalResponse<T>& norm, const T* dy, T* dx);

}  // namespace norma::kernels
