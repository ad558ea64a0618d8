#pragma once

#include <functional>

#include "apps/layer/numerics/methods.h"

namespace norma::numerics {

// Normal numbers, the same in every run: the first of every row are those of shorter rows. Row r is
// multiplied by 2^(r/16), so that rounding errors are those of everyday numbers: a mean that is a
// power of ten, say, may need no rounding at all.
class Draws {
 public:
  static constexpr int64_t kRows = 16;
  explicit Draws(int64_t longest);
  // Rows of `length` numbers value(i, z), i counting from 0 and z normal, multiplied and rounded to
  // float32.
  Rows rows(int64_t length, const std::function<double(int64_t, double)>& value) const;
  // The variance of each row before that rounding.
  std::vector<long double> variances(int64_t length,
                                     const std::function<double(int64_t, double)>& value) const;

 private:
  double number(int64_t row, int64_t i, const std::function<double(int64_t, double)>& value) const;
  int64_t longest_;
  std::vector<double> normal_;
};

// Moments of a row in long double, 64 bits of mantissa: right to more digits than are compared.
struct ExactMoments {
  long double mean, variance;
};
std::vector<ExactMoments> exact_moments(const Rows& rows);

// Inputs at the ends of what float32 holds, each a value of place i among n and normal number z.
struct HardInput {
  const char* name;
  std::function<double(int64_t i, int64_t n, double z)> value;
};
const std::vector<HardInput>& hard_inputs();

// mean/σ from 1e-3 to 1e8, two a decade.
std::vector<double> mean_ratios();

}  // namespace norma::numerics
