#include "core/kernels/vmath.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tests/catch.h"

namespace norma {
namespace {

using math::Vec;
constexpr int kLanes = Vec<float>::lanes;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Distance of `got` from the exact value in units of the last place of a float near it. Values
// below the normal range count from there, so that a result flushed to zero is off by at most one
// unit.
double ulps(float got, double exact) {
  if (std::isnan(got) || std::isnan(exact)) return std::isnan(got) && std::isnan(exact) ? 0 : 1e30;
  const float rounded = static_cast<float>(exact);
  if (got == rounded) return 0;
  if (std::isinf(rounded) || std::isinf(got)) {
    // The step from the largest float to infinity counts as one unit.
    const bool neighbours = std::fabs(got) >= std::numeric_limits<float>::max() &&
                            std::fabs(rounded) >= std::numeric_limits<float>::max();
    return neighbours && std::signbit(got) == std::signbit(rounded) ? 1 : 1e30;
  }
  const int exponent = std::max(std::ilogb(exact), -126);
  if (exact != 0 && std::fabs(exact) < std::numeric_limits<float>::min() && got == 0) return 1;
  return std::fabs(static_cast<double>(got) - exact) / std::ldexp(1.0, exponent - 23);
}

struct Worst {
  double ulps = 0;
  float x = 0;
};

// Every exponent and both signs, every `stride`-th significand: about 2^32/stride floats, denormal
// inputs left out (the functions may flush them).
template <class Function, class Exact>
Worst sweep(Function function, Exact exact, uint32_t stride = 1021) {
  Worst worst;
  uint64_t next = 0;
  while (next < (uint64_t{1} << 32)) {
    float x[kLanes], y[kLanes];
    for (int i = 0; i < kLanes; ++i, next += stride) {
      x[i] = std::bit_cast<float>(static_cast<uint32_t>(next));
      if (std::fpclassify(x[i]) == FP_SUBNORMAL || std::isnan(x[i])) x[i] = 0;
    }
    function(Vec<float>::load(x)).store(y);
    for (int i = 0; i < kLanes; ++i) {
      const double error = ulps(y[i], exact(static_cast<double>(x[i])));
      if (error > worst.ulps) worst = {error, x[i]};
    }
  }
  return worst;
}

double exact_rsqrt(double x) { return 1 / std::sqrt(x); }
double exact_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double exact_softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

template <class Vector, class One, class Exact>
void check(const char* name, double bound, Vector vector, One one, Exact exact) {
  const Worst worst = sweep(vector, exact);
  INFO(name << ": " << worst.ulps << " ulp at x = " << worst.x);
  CHECK(worst.ulps <= bound);
  CHECK(worst.ulps > 0.1);  // a sweep that visits nothing finds nothing
  CHECK(std::isnan(one(kNan)));
  constexpr float kInfinite = std::numeric_limits<float>::infinity();
  for (float x : {kInfinite, -kInfinite, 0.0f, 1.0f, -1.0f, 100.0f, -100.0f, 1e30f, -1e30f}) {
    INFO(name << "(" << x << ") = " << one(x));
    CHECK(ulps(one(x), exact(static_cast<double>(x))) <= bound);
  }
  // A plain float has the bits of a lane.
  for (float x = -20; x < 20; x += 0.37f) {
    const float lane = vector(Vec<float>(x))[kLanes - 1], alone = one(x);
    CHECK(std::bit_cast<uint32_t>(lane) == std::bit_cast<uint32_t>(alone));
  }
}

#define NORMA_CHECK_FUNCTION(name, bound, exact)                \
  check(                                                        \
      #name, bound, [](Vec<float> x) { return math::name(x); }, \
      [](float x) { return math::name(x); }, [](double x) { return exact(x); })

}  // namespace

TEST_CASE("float functions stay within their stated error over the whole range", "[vmath]") {
  NORMA_CHECK_FUNCTION(exp, 1.1, std::exp);
  NORMA_CHECK_FUNCTION(log, 1.0, std::log);
  NORMA_CHECK_FUNCTION(log1p, 2.0, std::log1p);
  NORMA_CHECK_FUNCTION(expm1, 2.0, std::expm1);
  NORMA_CHECK_FUNCTION(tanh, 3.0, std::tanh);
  NORMA_CHECK_FUNCTION(erf, 3.5, std::erf);
  NORMA_CHECK_FUNCTION(atan, 3.0, std::atan);
  NORMA_CHECK_FUNCTION(sin, 3.0, std::sin);
  NORMA_CHECK_FUNCTION(cos, 3.0, std::cos);
  NORMA_CHECK_FUNCTION(sigmoid, 3.0, exact_sigmoid);
  NORMA_CHECK_FUNCTION(softplus, 3.0, exact_softplus);
  const Worst root = sweep([](Vec<float> x) { return math::rsqrt(abs(x)); },
                           [](double x) { return exact_rsqrt(std::fabs(x)); });
  INFO("rsqrt: " << root.ulps << " ulp at x = " << root.x);
  CHECK(root.ulps <= 1.1);
  const Worst off = sweep([](Vec<float> x) { return math::rsqrt(abs(x)) * Vec<float>(1.000001f); },
                          [](double x) { return exact_rsqrt(std::fabs(x)); });
  CHECK(off.ulps > 1.1);
}

TEST_CASE("the slope of erf in float stays within its stated error", "[vmath]") {
  double worst = 0, worst_inside = 0;  // of the slope itself up to |x| = 1; outright
  for (float x = 0; x < 30; x = x < 1e-3f ? x + 1e-5f : x * 1.00001f)
    for (const float at : {x, -x}) {
      const double exact = math::erf_slope(static_cast<double>(at));
      const double error = std::fabs(static_cast<double>(math::erf_slope(at)) - exact);
      worst = std::max(worst, error);
      if (x <= 1) worst_inside = std::max(worst_inside, error / exact);
    }
  INFO("outright " << worst << ", up to 1 relative " << worst_inside);
  CHECK(worst <= 2e-7);
  CHECK(worst > 1e-9);
  CHECK(worst_inside <= 2.5e-7);
  CHECK(math::erf_slope(std::numeric_limits<float>::infinity()) <=
        std::numeric_limits<float>::min());
  CHECK(std::isnan(math::erf_slope(kNan)));
}
}  // namespace norma
