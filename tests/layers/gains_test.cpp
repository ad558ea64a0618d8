// The small operations that norm-free and normalized models are made of.
#include "layers/column_gain.h"
#include "layers/elementwise.h"
#include "layers/offset.h"
#include "layers/soft_cap.h"
#include "layers/squeeze_excite.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"

namespace norma {
namespace {

// An operation with one learned parameter of `count` numbers.
class WithParam : public Module {
 public:
  using Apply = Var (*)(Context&, const Var&, Param&);
  WithParam(const Scope& scope, int64_t count, Apply apply)
      : Module(scope),
        param_(scope.param("p", {count}, ParamKind::kGain, Init::constant(1))),
        apply_(apply) {}

 protected:
  Var forward(Context& ctx, const Var& x) override { return apply_(ctx, x, param_); }

 private:
  Param& param_;
  Apply apply_;
};

MakeModule with_param(int64_t count, WithParam::Apply apply) {
  return [=](const Scope& scope) { return std::make_unique<WithParam>(scope, count, apply); };
}

Var gained(Context& ctx, const Var& x, Param& gain) { return column_gain(ctx, x, gain, 0.3); }

}  // namespace

TEST_CASE("gains of columns have right gradients, one a column, one a group, one for all",
          "[layers]") {
  gradcheck(with_param(1, gained), {.input = {1, 1}});
  gradcheck(with_param(15, gained), {.input = {3, 5, 15}});
  gradcheck(with_param(3, gained), {.input = {3, 5, 33}});
  gradcheck(with_param(1, gained), {.input = {2, 3, 5, 17}});
  check_same_bits(with_param(3, gained), {.input = {40, 50, 33}});
  ParamSet set(DType::kFloat32, 1);
  const auto module = with_param(4, gained)(Scope(set));
  set.materialize();
  Context ctx;
  CHECK_THROWS_WITH((*module)(ctx, {Tensor::zeros({2, 6}, DType::kFloat32)}),
                    Catch::Matchers::ContainsSubstring("4 gains do not divide the columns"));
}

TEST_CASE("a learned offset has the right gradient", "[layers]") {
  gradcheck(with_param(1, add_offset), {.input = {1, 1}});
  gradcheck(with_param(1, add_offset), {.input = {2, 3, 5, 17}});
  check_same_bits(with_param(1, add_offset), {.input = {40, 50, 33}});
}

TEST_CASE("a soft cap has the right gradient and bound, and spares its input where it is shared",
          "[layers]") {
  const auto capped = module_of([](Context& ctx, const Var& x) {
    return add(ctx, soft_cap(ctx, scale(ctx, x, 3), 2), soft_cap(ctx, Var(x), 0.7));
  });
  gradcheck(capped, {.input = {1, 1}});
  gradcheck(capped, {.input = {3, 5, 33}});
  check_same_bits(capped, {.input = {40, 50, 33}});
  Context ctx;
  const Var huge{Tensor::full({3}, DType::kFloat32, 1e30)};
  CHECK(soft_cap(ctx, Var(huge), 30).value.item(0) == 30);
  CHECK(huge.value.item(0) == Approx(1e30));
}

TEST_CASE("squeeze-and-excitation has right gradients", "[layers]") {
  const auto make = [](int64_t channels) {
    return [=](const Scope& scope) {
      return std::make_unique<SqueezeExcite>(
          scope, SqueezeExcite::Options{.ratio = 0.5, .factor = 2}, channels);
    };
  };
  gradcheck(make(1), {.input = {1, 1, 1, 1}});
  gradcheck(make(15), {.input = {2, 3, 5, 15}});
  gradcheck(make(33), {.input = {3, 5, 33}});
  check_same_bits(make(33), {.input = {6, 30, 20, 33}});
  ParamSet set(DType::kFloat32, 1);
  const auto module = make(4)(Scope(set));
  set.materialize();
  Context ctx;
  CHECK_THROWS_WITH(scale_channels(ctx, {Tensor::zeros({2, 3, 4}, DType::kFloat32)},
                                   {Tensor::zeros({2, 3}, DType::kFloat32)}),
                    Catch::Matchers::ContainsSubstring("does not fit an input of shape"));
}

}  // namespace norma
