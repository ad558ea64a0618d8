#include <cmath>

#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/elementwise.h"
#include "layers/linear.h"
#include "layers/loss.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

MakeModule entropy_of(double smoothing, int64_t ignored) {
  return module_of([=](Context& ctx, const Var& x) {
    return scale(ctx, cross_entropy(ctx, x, ctx.target, smoothing, ignored).sum, 0.7);
  });
}

Tensor classes(std::vector<double> targets) {
  return Tensor::from(targets, {static_cast<int64_t>(targets.size())}, DType::kInt32);
}

std::vector<double> some_classes(int64_t rows, int64_t among) {
  std::vector<double> targets;
  for (int64_t i = 0; i < rows; ++i) targets.push_back(static_cast<double>(i * 5 % among));
  return targets;
}

TEST_CASE("cross-entropy has the right gradients, with smoothing and ignored rows") {
  gradcheck(entropy_of(0, -100), {.input = {1, 1}, .target = classes({0})});
  gradcheck(entropy_of(0, -100), {.input = {15, 17}, .target = classes(some_classes(15, 17))});
  gradcheck(entropy_of(0.1, -100), {.input = {17, 33}, .target = classes(some_classes(17, 33))});
  gradcheck(entropy_of(0.2, 3), {.input = {33, 15}, .target = classes(some_classes(33, 15))});
  gradcheck(entropy_of(0.2, -100), {.input = {3, 4}, .target = classes({-100, -100, -100})});
}

TEST_CASE("z-loss has the right gradients, and evaluation is without it") {
  const auto with_z = [](double smoothing) {
    return module_of([=](Context& ctx, const Var& x) {
      return scale(ctx, cross_entropy(ctx, x, ctx.target, smoothing, 3, 0.05).sum, 0.7);
    });
  };
  gradcheck(with_z(0), {.input = {1, 1}, .target = classes({0})});
  gradcheck(with_z(0), {.input = {15, 17}, .target = classes(some_classes(15, 17))});
  gradcheck(with_z(0.2), {.input = {33, 15}, .target = classes(some_classes(33, 15))});

  const auto loss =
      make_loss(make_spec({{"type", "cross_entropy"}, {"z_loss", 0.5}}, loss_registry(), "loss"));
  Context ctx;
  ctx.target = classes({0, 1, -100});
  const Var logits{Tensor::from({{0, 0, 1, 1, 7, 7}}, {3, 2}, DType::kFloat64)};
  const double log2 = std::log(2.0), with = 0.5 * (log2 * log2 + (1 + log2) * (1 + log2));
  CHECK((*loss)(ctx, logits).total == Approx(2 * log2));
  ctx.training = true;
  CHECK((*loss)(ctx, logits).total == Approx(2 * log2 + with));
}

TEST_CASE("cross-entropy gives the same bits for any number of threads") {
  const Tensor target = classes(some_classes(1000, 65));
  check_same_bits(entropy_of(0, -100), {.input = {10, 100, 65}, .target = target});
}

TEST_CASE("cross-entropy sums, counts and tells how many are right") {
  Context ctx;
  const Var logits{Tensor::from({{0, 0, 5, 0, 9, 9}}, {3, 2}, DType::kFloat32)};
  const LossResult result = cross_entropy(ctx, logits, classes({0, 1, -100}));
  CHECK(result.weight == 2);
  CHECK(result.total == Approx(std::log(2.0) + 5 + std::log1p(std::exp(-5.0))).epsilon(1e-6));
  CHECK(result.sum.value.item() == Approx(result.total).epsilon(1e-7));
  CHECK(result.correct <= 1);
  const Var clear{Tensor::from({{3, 1, 1, 3}}, {2, 2}, DType::kFloat32)};
  CHECK(cross_entropy(ctx, clear, classes({0, 1})).correct == 2);
  CHECK(cross_entropy(ctx, clear, classes({1, 1})).correct == 1);
}

TEST_CASE("logits that nobody else holds give their memory to the gradient; held ones keep it") {
  ParamSet set(DType::kFloat32, 1);
  Linear head(Scope(set), 4, 300);
  set.materialize();
  Tape tape;
  Context ctx;
  ctx.tape = &tape;
  const Var x{Tensor::full({8, 4}, DType::kFloat32, 0.5)};
  const auto requests_of = [&](bool hold) {
    ctx.begin_forward(0);
    Var logits = head(ctx, x);
    const auto before = logits.value.to_vector();
    const Var sum = cross_entropy(ctx, logits, classes(some_classes(8, 300))).sum;
    if (!hold) logits = Var{};
    const auto in_use = pool_statistics().bytes_in_use;
    const auto peak = [&] {
      tape.backward(sum);
      return pool_statistics().requests;
    };
    const auto requests = pool_statistics().requests;
    const auto made = peak() - requests;
    if (hold) CHECK(logits.value.to_vector() == before);
    CHECK(pool_statistics().bytes_in_use <= in_use);
    return made;
  };
  CHECK(requests_of(true) == requests_of(false) + 1);
}

TEST_CASE("cross-entropy refuses targets of another kind or number") {
  Context ctx;
  const Var logits{Tensor::zeros({2, 3, 4}, DType::kFloat32)};
  CHECK_THROWS_WITH(cross_entropy(ctx, logits, {}), ContainsSubstring("has no target"));
  CHECK_THROWS_WITH(cross_entropy(ctx, logits, Tensor::zeros({2, 3}, DType::kFloat32)),
                    ContainsSubstring("expects int32 class numbers as target, found float32"));
  CHECK_THROWS_WITH(cross_entropy(ctx, logits, Tensor::zeros({2}, DType::kInt32)),
                    ContainsSubstring("each row of the logits (2, 3, 4), found targets of shape "
                                      "(2)"));
  CHECK_THROWS_AS(cross_entropy(ctx, logits, Tensor::full({2, 3}, DType::kInt32, 4)), Error);
}

}  // namespace
}  // namespace norma
