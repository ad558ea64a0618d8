#pragma once

#include <cstdint>

namespace norma::kernels {

// c (m,n) [+]= a (m,k) · b (k,n) in float32 on the calling thread, for operands that lie in the
// cache already: nothing is packed. n is a multiple of the lanes of a register, and so wide that
// rows of b and c may be read and written to the end of one. a is read element by element, so it
// may lie in either order; an element of c is summed from the first k to the last.
struct SmallProduct {
  int64_t m, n, k;
  const float* a;
  int64_t a_row, a_column;  // steps from one row, one column, to the next
  const float* b;
  int64_t b_row;
  float* c;
  int64_t c_row;
  bool accumulate;
};
void small_product(const SmallProduct& product);

}  // namespace norma::kernels
