#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/error.h"
#include "core/kernels/softmax_cross_entropy.h"
#include "core/parallel.h"
#include "tests/catch.h"
#include "tests/threads.h"

namespace norma {
namespace {

using kernels::CrossEntropyOptions;
using kernels::CrossEntropySums;

// -Σ_c target(c)·log softmax(c), written plainly.
double reference_loss(const double* logits, int64_t classes, int32_t target, double smoothing) {
  const double largest = *std::max_element(logits, logits + classes);
  double sum = 0, loss = 0;
  for (int64_t c = 0; c < classes; ++c) sum += std::exp(logits[c] - largest);
  for (int64_t c = 0; c < classes; ++c) {
    const double weight = smoothing / double(classes) + (c == target ? 1 - smoothing : 0);
    loss -= weight * (logits[c] - largest - std::log(sum));
  }
  return loss;
}

template <class T>
struct CrossEntropyRun {
  CrossEntropySums sums;
  std::vector<T> row_loss, dlogits;
};

template <class T>
CrossEntropyRun<T> run(const std::vector<T>& logits, const std::vector<int32_t>& targets,
                       const CrossEntropyOptions& options, double scale, bool in_place = false) {
  const int64_t rows = static_cast<int64_t>(targets.size());
  const int64_t classes = static_cast<int64_t>(logits.size()) / rows;
  CrossEntropyRun<T> result;
  result.row_loss.resize(targets.size());
  std::vector<T> row_max(targets.size()), row_scale(targets.size());
  result.sums =
      kernels::cross_entropy_forward(logits.data(), targets.data(), rows, classes, options,
                                     row_max.data(), row_scale.data(), result.row_loss.data());
  result.dlogits = in_place ? logits : std::vector<T>(logits.size(), T(NAN));
  kernels::cross_entropy_backward(result.dlogits.data(),
                                  in_place ? result.dlogits.data() : logits.data(), targets.data(),
                                  rows, classes, options, row_max.data(), row_scale.data(), scale);
  return result;
}

template <class T>
std::vector<T> wave(int64_t count, double scale) {
  std::vector<T> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<T>(scale * std::sin(0.37 * double(i) + 0.1 * double(i % 7)));
  }
  return values;
}

std::vector<int32_t> some_targets(int64_t rows, int64_t classes, int32_t ignored) {
  std::vector<int32_t> targets(static_cast<size_t>(rows));
  for (int64_t r = 0; r < rows; ++r) {
    targets[static_cast<size_t>(r)] =
        r % 4 == 1 ? ignored : static_cast<int32_t>((r * 5) % classes);
  }
  return targets;
}

}  // namespace

TEMPLATE_TEST_CASE("cross-entropy and its gradient follow the definition", "[cross_entropy]", float,
                   double) {
  using T = TestType;
  const double tolerance = sizeof(T) == 4 ? 2e-6 : 1e-12;
  for (const double smoothing : {0.0, 0.1}) {
    for (const int64_t classes : {1, 2, 15, 16, 17, 33, 80}) {
      INFO(classes << " classes, smoothing " << smoothing);
      const int64_t rows = 9;
      const CrossEntropyOptions options{-1, smoothing};
      const std::vector<T> logits = wave<T>(rows * classes, 4);
      const std::vector<int32_t> targets = some_targets(rows, classes, -1);
      const double scale = 0.25;
      const CrossEntropyRun<T> got = run(logits, targets, options, scale);
      CHECK(run(logits, targets, options, scale, true).dlogits == got.dlogits);

      double loss = 0;
      int64_t counted = 0, correct = 0;
      for (int64_t r = 0; r < rows; ++r) {
        const int32_t target = targets[static_cast<size_t>(r)];
        std::vector<double> row(logits.begin() + r * classes, logits.begin() + (r + 1) * classes);
        if (target == -1) {
          CHECK(got.row_loss[static_cast<size_t>(r)] == 0);
          for (int64_t c = 0; c < classes; ++c) {
            CHECK(got.dlogits[static_cast<size_t>(r * classes + c)] == 0);
          }
          continue;
        }
        const double row_loss = reference_loss(row.data(), classes, target, smoothing);
        loss += row_loss;
        counted += 1;
        correct += std::max_element(row.begin(), row.end()) - row.begin() == target;
        CHECK(got.row_loss[static_cast<size_t>(r)] ==
              Approx(row_loss).epsilon(tolerance).margin(tolerance));
        for (size_t c = 0; c < row.size(); ++c) {
          const double h = 1e-4, here = row[c];
          row[c] = here + h;
          const double above = reference_loss(row.data(), classes, target, smoothing);
          row[c] = here - h;
          const double below = reference_loss(row.data(), classes, target, smoothing);
          row[c] = here;
          CHECK(got.dlogits[static_cast<size_t>(r * classes) + c] ==
                Approx(scale * (above - below) / (2 * h)).margin(1e-8 + tolerance));
        }
      }
      CHECK(got.sums.loss == Approx(loss).epsilon(tolerance).margin(tolerance));
      CHECK(got.sums.counted == counted);
      CHECK(got.sums.correct == correct);
    }
  }
}

TEST_CASE("cross-entropy counts the first of equal logits as the answer", "[cross_entropy]") {
  const std::vector<float> logits(3 * 20, 0.5f);
  CHECK(run<float>(logits, {0, 1, 19}, {}, 1).sums.correct == 1);
}

TEST_CASE("cross-entropy keeps its accuracy when logits are large", "[cross_entropy]") {
  std::vector<float> logits(40);
  for (size_t i = 0; i < logits.size(); ++i) logits[i] = 1e6f + float(i % 5);
  const std::vector<double> exact(logits.begin(), logits.end());
  const CrossEntropyRun<float> got = run<float>(logits, {3}, {}, 1);
  CHECK(got.sums.loss == Approx(reference_loss(exact.data(), 40, 3, 0)).epsilon(1e-6));
  double total = 0;
  for (const float d : got.dlogits) total += d;
  CHECK(std::fabs(total) < 1e-6);
}

TEST_CASE("non-finite logits reach the loss", "[cross_entropy]") {
  const float inf = std::numeric_limits<float>::infinity();
  for (const double smoothing : {0.0, 0.1}) {
    for (const float bad : {float(NAN), inf}) {
      for (size_t at : {0u, 3u, 16u, 20u}) {
        std::vector<float> logits = wave<float>(21, 1);
        logits[at] = bad;
        const CrossEntropyRun<float> got = run<float>(logits, {3}, {-100, smoothing}, 1);
        CHECK(std::isnan(got.sums.loss));
        CHECK(std::isnan(got.dlogits[5]));
      }
    }
  }
  std::vector<float> ruled_out = wave<float>(21, 1);
  ruled_out[7] = -inf;
  CHECK(std::isfinite(run<float>(ruled_out, {3}, {}, 1).sums.loss));
  CHECK(run<float>(ruled_out, {7}, {}, 1).sums.loss == inf);
}

TEST_CASE("a target that is no class is refused by name", "[cross_entropy]") {
  const std::vector<float> logits(10);
  CHECK_THROWS_WITH(run<float>(logits, {0, 5}, {}, 1),
                    Catch::Matchers::ContainsSubstring("target 5 in row 1") &&
                        Catch::Matchers::ContainsSubstring("0 to 4"));
}

TEST_CASE("one and two threads give the same bits of cross-entropy", "[cross_entropy]") {
  const int64_t rows = 3001, classes = 83;
  const std::vector<float> logits = wave<float>(rows * classes, 3);
  const std::vector<int32_t> targets = some_targets(rows, classes, -100);
  const auto with_threads = [&](int count) {
    const Threads threads(count);
    return run(logits, targets, {-100, 0.1}, 0.5);
  };
  const CrossEntropyRun<float> one = with_threads(1), two = with_threads(2);
  CHECK(one.sums.loss == two.sums.loss);
  CHECK(one.dlogits == two.dlogits);
}

}  // namespace norma
