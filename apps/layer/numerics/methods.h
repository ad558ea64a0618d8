#pragma once

#include <span>
#include <vector>

#include "apps/layer/numerics/sums.h"

namespace norma::numerics {

// Rows of float32 numbers, each of which has moments of its own.
struct Rows {
  int64_t rows = 0, length = 0;
  std::vector<float> numbers;
  const float* row(int64_t r) const { return numbers.data() + r * length; }
};

// One way to compute the moments of rows.
struct Method {
  const char* name;   // in JSON
  const char* label;  // for people
  const char* how;    // what it computes, in a few words
  const char* error;  // to be expected of a variance of n numbers whose condition number is κ
  std::vector<Moments> (*moments)(const Rows&);
  // The same as a function: the bounds of Chan, Golub and LeVeque ("Algorithms for computing the
  // sample variance", 1983, table 1) with rounding errors of random signs. Null: none is known.
  double (*predicted)(double n, double kappa);
  // Whether the mean it gives is kept in double and subtracted in two parts, as Norma does.
  bool wide_mean = false;
};

std::span<const Method> methods();

// Unit roundoffs: half the distance from 1 to the next number.
inline constexpr double kFloat32 = 0x1p-24, kFloat64 = 0x1p-53, kBFloat16 = 0x1p-8;

}  // namespace norma::numerics
