#include "apps/evaluations/drift.h"

#include <cmath>

#include "apps/trainer/training.h"
#include "tests/catch.h"
#include "tests/specimen.h"

namespace norma {
namespace {

// What an observer sees of modules with these outputs, (N,C) each.
struct Seen {
  explicit Seen(int64_t channels) : channels(channels) {}
  void forward(const std::string& path, const std::vector<double>& numbers, Tensor mask = {}) {
    const int64_t rows = std::ssize(numbers) / channels;
    moments.on_forward(path, "linear", Tensor::from(numbers, {rows, channels}, DType::kFloat32));
    moments.end_forward(mask);
  }
  int64_t channels;
  ActivationMoments moments;
};

}  // namespace

TEST_CASE("drift: moved by one deviation and stretched, worked by hand", "[apps]") {
  Seen here(2), there(2);
  here.forward("a", {0, 10, 2, 14});   // means 1 and 12, deviations 1 and 2
  there.forward("a", {1, 10, 3, 14});  // the first channel moved by one deviation
  CHECK(drift_between(here.moments, there.moments).mean == 0.5);
  CHECK(drift_between(here.moments, there.moments).log_std == 0);

  Seen wide(2);
  wide.forward("a", {-1, 8, 3, 16});  // both twice as wide
  CHECK(drift_between(here.moments, wide.moments).mean == 0);
  CHECK(drift_between(here.moments, wide.moments).log_std == Approx(std::log(2)).epsilon(1e-14));

  // Modules count alike, and deviations differ: |4 − 1|/√((1 + 4)/2) in the one channel of b.
  Seen first(1), second(1);
  first.forward("a", {0, 2}), first.forward("b", {0, 2});
  second.forward("a", {0, 2}), second.forward("b", {2, 6});
  const Drift drift = drift_between(first.moments, second.moments);
  CHECK(drift.mean == Approx(3 / std::sqrt(2.5) / 2).epsilon(1e-14));
  CHECK(drift.log_std == Approx(std::log(2) / 2).epsilon(1e-14));
}

TEST_CASE("drift: moments add up over forwards, padding left out", "[apps]") {
  Seen once(3), twice(3);
  const std::vector<double> numbers = normal_numbers("drift", 3000);
  once.forward("a", numbers);
  twice.forward("a", {numbers.begin(), numbers.begin() + 1200});
  twice.forward("a", {numbers.begin() + 1200, numbers.end()});
  const auto &all = once.moments.modules().at("a"), &parts = twice.moments.modules().at("a");
  CHECK(all.count == 1000);
  CHECK(parts.count == 1000);
  for (size_t c = 0; c < 3; ++c) {
    double sum = 0;
    for (size_t i = c; i < 3000; i += 3) sum += numbers[i];
    CHECK(all.mean[c] == Approx(sum / 1000).margin(1e-6));
    CHECK(parts.mean[c] == Approx(all.mean[c]).margin(1e-7));
    CHECK(parts.m2[c] == Approx(all.m2[c]).epsilon(1e-6));
  }
  Seen padded(1), bare(1);
  padded.forward("a", {1, 2, 1e30, 4, 1e30, 1e30},
                 Tensor::from(std::vector<double>{1, 1, 0, 1, 0, 0}, {2, 3}, DType::kUInt8));
  bare.forward("a", {1, 2, 4});
  CHECK(padded.moments.modules().at("a").count == 3);
  CHECK(padded.moments.modules().at("a").mean[0] ==
        Approx(bare.moments.modules().at("a").mean[0]).epsilon(1e-14));
}

TEST_CASE("drift: constant channels, and what is no activation, are left out", "[apps]") {
  Seen here(2), there(2);
  here.forward("a", {5, 0, 5, 2});
  there.forward("a", {5, 1, 5, 3});
  CHECK(drift_between(here.moments, there.moments).mean == 1);
  Seen lit(2);
  lit.forward("a", {4, 0, 6, 2});  // constant here, not there: the mean has not moved
  CHECK(drift_between(here.moments, lit.moments).mean == 0);
  CHECK(drift_between(here.moments, lit.moments).log_std == 0);
  ActivationMoments none;
  none.on_forward(Training::kLossPath, "cross_entropy", Tensor::zeros({2, 2}, DType::kFloat32));
  none.on_forward("a", "sum", Tensor::zeros({1}, DType::kFloat32));
  none.on_forward("b", "tokens", Tensor::zeros({2, 2}, DType::kInt32));
  none.end_forward({});
  CHECK(none.modules().empty());
  CHECK(drift_between(none, none).mean == 0);
}

}  // namespace norma
