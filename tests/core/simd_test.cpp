#include "core/kernels/simd.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "tests/catch.h"

namespace norma {
namespace {

using math::Mask;
using math::Vec;

template <class T>
std::vector<T> ramp(int count, T scale = T(1.25)) {
  std::vector<T> values(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i)
    values[static_cast<size_t>(i)] = scale * T(i - count / 2) + T(0.5);
  return values;
}

// What a formula on every number type looks like.
template <class R>
R leaky(R x) {
  using namespace math;
  return select(x > R(0), x, x * R(0.25)) + max(x, R(1)) - min(abs(x), R(2)) * rsqrt(R(4));
}

}  // namespace

TEMPLATE_TEST_CASE("a vector loads, computes and stores what its lanes would", "[simd]", float,
                   double) {
  using T = TestType;
  constexpr int n = Vec<T>::lanes;
  const std::vector<T> a = ramp<T>(n), b = ramp<T>(n, T(-0.75));
  const Vec<T> va = Vec<T>::load(a.data()), vb = Vec<T>::load(b.data());
  for (int i = 0; i < n; ++i) {
    const T x = a[static_cast<size_t>(i)], y = b[static_cast<size_t>(i)];
    CHECK((va + vb)[i] == x + y);
    CHECK((va - vb)[i] == x - y);
    CHECK((va * 0.5)[i] == x * T(0.5));
    CHECK((1 / vb)[i] == T(1) / y);
    CHECK((-va)[i] == -x);
    CHECK((va < vb)[i] == (x < y));
    CHECK((!(va < vb) & (va != vb))[i] == (x > y));
    CHECK(abs(va)[i] == std::fabs(x));
    CHECK(sqrt(abs(va))[i] == std::sqrt(std::fabs(x)));
    if constexpr (std::is_same_v<T, double>)  // of floats see vmath_test.cpp
      CHECK(rsqrt(abs(va))[i] == T(1) / std::sqrt(std::fabs(x)));
    CHECK(leaky(va)[i] == leaky(x));
  }
}

TEMPLATE_TEST_CASE("the first lanes are read and written, and nothing behind them", "[simd]", float,
                   double) {
  using T = TestType;
  constexpr int lanes = Vec<T>::lanes;
  for (int n = 0; n <= lanes; ++n) {
    const std::vector<T> numbers = ramp<T>(n);
    // Exactly n, and a place in memory even for none: a read behind them is a fault under ASan.
    const std::unique_ptr<T[]> source(new T[static_cast<size_t>(n)]);
    std::copy(numbers.begin(), numbers.end(), source.get());
    const Vec<T> v = Vec<T>::load_first(source.get(), n);
    std::vector<T> target(lanes + 1, T(-7));
    v.store_first(target.data(), n);
    for (int i = 0; i < lanes; ++i) {
      CHECK(v[i] == (i < n ? numbers[static_cast<size_t>(i)] : T(0)));
      CHECK(target[static_cast<size_t>(i)] == (i < n ? v[i] : T(-7)));
      CHECK(Mask<T>::first(n)[i] == (i < n));
    }
    CHECK(target.back() == T(-7));
  }
  CHECK_FALSE(any(Mask<T>::first(-3)));
  CHECK(all(Mask<T>::first(lanes + 3)));
}

TEMPLATE_TEST_CASE("reductions over lanes have one order and see every lane", "[simd]", float,
                   double) {
  using T = TestType;
  constexpr int lanes = Vec<T>::lanes;
  for (int hot = 0; hot < lanes; ++hot) {
    Vec<T> v(T(0.125));
    v.native[hot] = T(3);
    CHECK(sum(v) == T(3) + T(0.125) * (lanes - 1));
    CHECK(hmax(v) == T(3));
    v.native[hot] = std::numeric_limits<T>::quiet_NaN();
    CHECK(std::isnan(hmax(v)));
    CHECK(std::isnan(sum(v)));
  }
}

TEMPLATE_TEST_CASE("max and min let NaN through from either side", "[simd]", float, double) {
  using T = TestType;
  const T nan = std::numeric_limits<T>::quiet_NaN(), one = 1;
  for (const auto& [a, b] : {std::pair{nan, one}, std::pair{one, nan}, std::pair{nan, nan}}) {
    CHECK(std::isnan(math::max(a, b)));
    CHECK(std::isnan(math::min(a, b)));
    CHECK(std::isnan(max(Vec<T>(a), Vec<T>(b))[0]));
    CHECK(std::isnan(min(Vec<T>(a), Vec<T>(b))[0]));
  }
  CHECK(std::signbit(Vec<T>(T(-0.0))[0]));
}

}  // namespace norma
