#pragma once

#include <cstdint>
#include <string_view>

#include "core/tensor.h"

namespace norma {

// The largest singular value of a matrix and its vectors u (rows) and v (columns). A tensor of
// higher rank stands for the matrix (first extent, product of the others).

// Fills v with normal numbers that follow from the seed and the name.
void draw_direction(const Tensor& v, uint64_t seed, std::string_view name);

// So many steps u = W v/‖W v‖, v = Wᵀ u/‖Wᵀ u‖, in place. Lengths below eps count as eps.
void iterate_power(const Tensor& matrix, const Tensor& u, const Tensor& v, int64_t steps,
                   double eps);

// uᵀ W v, after convergence the largest singular value.
double singular_value(const Tensor& matrix, const Tensor& u, const Tensor& v);

// matrix += factor · u vᵀ: what the matrix gets where uᵀ W v gets the gradient `factor`.
void add_outer_product(const Tensor& matrix, double factor, const Tensor& u, const Tensor& v);

}  // namespace norma
