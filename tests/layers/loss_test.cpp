#include "layers/loss.h"

#include <cmath>

#include "layers/elementwise.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// Scaled, so that the gradient that reaches the loss is not 1.
const MakeModule mse_sum = module_of(
    [](Context& ctx, const Var& x) { return scale(ctx, mse(ctx, x, ctx.target).sum, 0.7); });
const MakeModule bce_sum = module_of([](Context& ctx, const Var& x) {
  return scale(ctx, bce_with_logits(ctx, x, ctx.target).sum, 0.7);
});

Tensor targets(const Shape& shape) {
  std::vector<double> values(static_cast<size_t>(shape.numel()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = 0.125 * static_cast<double>(i % 9);
  return Tensor::from(values, shape, DType::kFloat64);
}

TEST_CASE("the regression losses have the right gradients") {
  for (const int64_t size : {1, 15, 17, 33}) {
    gradcheck(mse_sum, {.input = {3, size}, .target = targets({3, size})});
    gradcheck(bce_sum, {.input = {3, size}, .target = targets({3, size})});
  }
  check_same_bits(mse_sum, {.input = {300, 1000}, .target = targets({300, 1000})});
  check_same_bits(bce_sum, {.input = {300, 1000}, .target = targets({300, 1000})});
}

TEST_CASE("mse sums squared differences and counts elements") {
  Context ctx;
  const Var x{Tensor::from({{1, 2, 3}}, {1, 3}, DType::kFloat32)};
  const LossResult result = mse(ctx, x, Tensor::from({{1, 0, 6}}, {3}, DType::kFloat64));
  CHECK(result.total == 13);
  CHECK(result.sum.value.item() == 13);
  CHECK(result.weight == 3);
}

TEST_CASE("binary cross-entropy stays finite for huge logits and counts right answers") {
  Context ctx;
  const Var z{Tensor::from({{1e4, -1e4, 1e4, 0}}, {4}, DType::kFloat32)};
  const LossResult result =
      bce_with_logits(ctx, z, Tensor::from({{1, 0, 0, 0}}, {4}, DType::kFloat32));
  CHECK(result.total == Approx(1e4 + std::log(2.0)).epsilon(1e-12));
  CHECK(result.correct == 3);
  CHECK(result.weight == 4);
  const Var bad{Tensor::from({{std::nan("")}}, {1}, DType::kFloat32)};
  CHECK(std::isnan(bce_with_logits(ctx, bad, Tensor::zeros({1}, DType::kFloat32)).total));
}

TEST_CASE("losses refuse targets that do not fit") {
  Context ctx;
  const Var x{Tensor::zeros({2, 3}, DType::kFloat32)};
  CHECK_THROWS_WITH(mse(ctx, x, {}), ContainsSubstring("[mse] has no target"));
  CHECK_THROWS_WITH(bce_with_logits(ctx, x, Tensor::zeros({2}, DType::kFloat32)),
                    ContainsSubstring("one target for each of the outputs (2, 3), found targets "
                                      "of shape (2)"));
}

}  // namespace
}  // namespace norma
