#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/kernels/activation.h"
#include "core/parallel.h"
#include "tests/catch.h"
#include "tests/threads.h"

namespace norma {
namespace {

// The definitions, written plainly.
double reference(Activation kind, double x) {
  const double pi = std::acos(-1.0);
  switch (kind) {
    case Activation::kRelu:
      return x > 0 ? x : 0;
    case Activation::kRelu2:
      return x > 0 ? x * x : 0;
    case Activation::kGelu:
      return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case Activation::kGeluTanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / pi) * (x + 0.044715 * std::pow(x, 3))));
    case Activation::kSilu:
      return x / (1 + std::exp(-x));
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kSigmoid:
      return 1 / (1 + std::exp(-x));
    default:
      return x;
  }
}

double reference_slope(Activation kind, double x) {
  const double h = 1e-4;
  const auto f = [kind](double at) { return reference(kind, at); };
  return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
}

const std::vector<Activation> kUngated = {
    Activation::kIdentity, Activation::kRelu, Activation::kRelu2, Activation::kGelu,
    Activation::kGeluTanh, Activation::kSilu, Activation::kTanh,  Activation::kSigmoid};

template <class T>
std::vector<T> wave(int64_t count, double scale, double phase) {
  std::vector<T> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<T>(scale * std::sin(0.7 * static_cast<double>(i) + phase));
  }
  return values;
}

template <class T>
constexpr double kTolerance = sizeof(T) == 4 ? 3e-6 : 1e-10;

}  // namespace

TEST_CASE("activation names go both ways and are sorted", "[activation]") {
  const auto names = activation_names();
  CHECK(std::is_sorted(names.begin(), names.end()));
  for (const std::string_view name : names) {
    REQUIRE(activation_from_name(name));
    CHECK(name_of(*activation_from_name(name)) == name);
  }
  CHECK_FALSE(activation_from_name("gelu-tanh"));
  CHECK(gate_function(Activation::kSwiglu) == Activation::kSilu);
  CHECK(gate_function(Activation::kGeglu) == Activation::kGelu);
  CHECK(is_gated(Activation::kGeglu));
  CHECK_FALSE(is_gated(Activation::kGelu));
}

TEMPLATE_TEST_CASE("activations and their gradients follow the definitions", "[activation]", float,
                   double) {
  using T = TestType;
  for (const Activation kind : kUngated) {
    for (const int64_t count : {1, 15, 16, 17, 33, 4099}) {
      INFO(name_of(kind) << ", " << count << " elements");
      const std::vector<T> x = wave<T>(count, 4, 0.3), dy = wave<T>(count, 2, 1.1);
      std::vector<T> y(x.size()), dx(x.size());
      kernels::activation_forward(kind, y.data(), x.data(), count);
      kernels::activation_backward(kind, dx.data(), dy.data(), x.data(), count);
      double worst = 0, worst_slope = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        worst = std::max(worst, std::fabs(y[i] - reference(kind, x[i])));
        worst_slope = std::max(worst_slope, std::fabs(dx[i] - dy[i] * reference_slope(kind, x[i])));
      }
      CHECK(worst <= kTolerance<T>);
      CHECK(worst_slope <= 2 * kTolerance<T>);

      std::vector<T> in_place = x;
      kernels::activation_forward(kind, in_place.data(), in_place.data(), count);
      CHECK(in_place == y);
      in_place = dy;
      kernels::activation_backward(kind, in_place.data(), in_place.data(), x.data(), count);
      CHECK(in_place == dx);
    }
  }
}

TEMPLATE_TEST_CASE("gated activations read and write strided halves", "[activation]", float,
                   double) {
  using T = TestType;
  for (const Activation kind : {Activation::kSwiglu, Activation::kGeglu}) {
    for (const int64_t width : {1, 15, 17, 33}) {
      INFO(name_of(kind) << ", width " << width);
      const int64_t rows = 5, stride = 2 * width;
      const Activation f = gate_function(kind);
      const std::vector<T> packed = wave<T>(rows * stride, 3, 0.1),
                           dy = wave<T>(rows * width, 1, 2);
      std::vector<T> y(dy.size()), dpacked(packed.size());
      const kernels::RowsOf<const T> gate{packed.data(), stride}, up{packed.data() + width, stride};
      kernels::gated_forward<T>(kind, {y.data(), width}, gate, up, rows, width);
      kernels::gated_backward<T>(kind, {dpacked.data(), stride}, {dpacked.data() + width, stride},
                                 {dy.data(), width}, gate, up, rows, width);
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t c = 0; c < width; ++c) {
          const size_t at = static_cast<size_t>(r * stride + c),
                       one = static_cast<size_t>(r * width + c);
          const double g = packed[at], u = packed[at + static_cast<size_t>(width)], d = dy[one];
          CHECK(std::fabs(y[one] - reference(f, g) * u) <= 4 * kTolerance<T>);
          CHECK(std::fabs(dpacked[at] - d * u * reference_slope(f, g)) <= 4 * kTolerance<T>);
          CHECK(std::fabs(dpacked[at + static_cast<size_t>(width)] - d * reference(f, g)) <=
                4 * kTolerance<T>);
        }
      }
    }
  }
}

TEST_CASE("non-finite inputs come out of activations", "[activation]") {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              inf = std::numeric_limits<float>::infinity();
  for (const Activation kind : kUngated) {
    INFO(name_of(kind));
    float y = 0;
    kernels::activation_forward(kind, &y, &nan, 1);
    CHECK(std::isnan(y));
    kernels::activation_forward(kind, &y, &inf, 1);
    const bool bounded = kind == Activation::kTanh || kind == Activation::kSigmoid;
    CHECK(y == (bounded ? 1 : inf));
  }
}

TEST_CASE("one and two threads give the same bits of activations", "[activation]") {
  const int64_t count = 100003;
  const std::vector<float> x = wave<float>(count, 5, 0.2), dy = wave<float>(count, 1, 0.4);
  std::vector<float> y[2], dx[2];
  for (int threads = 1; threads <= 2; ++threads) {
    const Threads set(threads);
    y[threads - 1].resize(x.size());
    dx[threads - 1].resize(x.size());
    kernels::activation_forward(Activation::kGelu, y[threads - 1].data(), x.data(), count);
    kernels::activation_backward(Activation::kGelu, dx[threads - 1].data(), dy.data(), x.data(),
                                 count);
  }
  CHECK(y[0] == y[1]);
  CHECK(dx[0] == dx[1]);
}

TEST_CASE("a gated activation of one input is refused", "[activation]") {
  float x = 1;
  CHECK_THROWS_AS(kernels::activation_forward(Activation::kSwiglu, &x, &x, 1), Error);
}

}  // namespace norma
