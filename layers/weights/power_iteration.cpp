#include "layers/weights/power_iteration.h"

#include <algorithm>
#include <cmath>

#include "core/gemm.h"
#include "core/kernels/dot.h"
#include "core/kernels/scale_samples.h"
#include "core/rng.h"

namespace norma {
namespace {

// target = factor · x, which may be the same tensor.
void scale_to(const Tensor& target, double factor, const Tensor& x) {
  with_float_type(x.dtype(), [&]<class T>() {
    kernels::scale_samples<T>(x.data<T>(), static_cast<T>(factor), nullptr, 1, x.numel(),
                              target.data<T>());
  });
}

double dot(const Tensor& a, const Tensor& b) {
  return with_float_type(
      a.dtype(), [&]<class T>() { return kernels::dot(a.data<T>(), b.data<T>(), a.numel()); });
}

void normalize(const Tensor& x, double eps) {
  scale_to(x, 1 / std::max(std::sqrt(dot(x, x)), eps), x);
}

// u = W v
void multiply(const Tensor& matrix, const Tensor& v, const Tensor& u) {
  gemm(matrix.dtype(), {.m = u.numel(), .n = 1, .k = v.numel()}, matrix.raw(), v.numel(), v.raw(),
       1, u.raw(), 1);
}

// v = Wᵀ u
void multiply_transposed(const Tensor& matrix, const Tensor& u, const Tensor& v) {
  gemm(matrix.dtype(), {.m = 1, .n = v.numel(), .k = u.numel()}, u.raw(), u.numel(), matrix.raw(),
       v.numel(), v.raw(), v.numel());
}

}  // namespace

void draw_direction(const Tensor& v, uint64_t seed, std::string_view name) {
  RandomSequence random(RandomStream(seed, stable_hash(name)));
  with_float_type(v.dtype(), [&]<class T>() {
    for (int64_t i = 0; i < v.numel(); ++i) v.data<T>()[i] = static_cast<T>(random.normal());
  });
}

void iterate_power(const Tensor& matrix, const Tensor& u, const Tensor& v, int64_t steps,
                   double eps) {
  for (int64_t step = 0; step < steps; ++step) {
    multiply(matrix, v, u);
    normalize(u, eps);
    multiply_transposed(matrix, u, v);
    normalize(v, eps);
  }
}

double singular_value(const Tensor& matrix, const Tensor& u, const Tensor& v) {
  const Tensor image = Tensor::empty(u.shape(), u.dtype());
  multiply(matrix, v, image);
  return dot(u, image);
}

void add_outer_product(const Tensor& matrix, double factor, const Tensor& u, const Tensor& v) {
  const Tensor scaled = Tensor::empty(u.shape(), u.dtype());
  scale_to(scaled, factor, u);
  gemm(matrix.dtype(), {.m = u.numel(), .n = v.numel(), .k = 1, .accumulate = true}, scaled.raw(),
       1, v.raw(), v.numel(), matrix.raw(), v.numel());
}

}  // namespace norma
