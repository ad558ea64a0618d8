#pragma once

#include <vector>

#include "core/tensor.h"

namespace norma {

// The singular values of a matrix (rows, columns), largest first, computed in double from its
// values themselves and not from their squares: small ones are right, too. A tensor of higher rank
// stands for the matrix (product of the others, last extent). Not finite values give NaNs.
std::vector<double> singular_values(const Tensor& matrix);

// The same of the matrix of at most `most` of its rows, evenly spaced from the first.
std::vector<double> singular_values_of_some_rows(const Tensor& matrix, int64_t most);

}  // namespace norma
