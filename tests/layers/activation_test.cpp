#include "layers/activation.h"

#include <cmath>

#include "layers/elementwise.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr Activation kOfOneInput[] = {
    Activation::kIdentity, Activation::kRelu, Activation::kRelu2, Activation::kGelu,
    Activation::kGeluTanh, Activation::kSilu, Activation::kTanh,  Activation::kSigmoid};

MakeModule activation_of(Activation kind) {
  return module_of([=](Context& ctx, const Var& x) { return activation(ctx, kind, x); });
}

// Gate and up are halves of the input, and the input is used once more beside them.
MakeModule gated_of(Activation kind) {
  return module_of([=](Context& ctx, const Var& x) {
    const int64_t half = x.shape().back() / 2;
    const auto [gate, up, rest] = split_columns(ctx, x, {half, half, x.shape().back() - 2 * half});
    return add(ctx, gated_activation(ctx, kind, gate, up), up);
  });
}

TEST_CASE("activations have the right gradients") {
  for (const Activation kind : kOfOneInput) {
    INFO(name_of(kind));
    for (const int64_t size : {1, 15, 17, 33}) gradcheck(activation_of(kind), {.input = {2, size}});
  }
  for (const Activation kind : {Activation::kSwiglu, Activation::kGeglu}) {
    INFO(name_of(kind));
    for (const int64_t size : {2, 15, 17, 33}) gradcheck(gated_of(kind), {.input = {2, size}});
  }
}

TEST_CASE("activations give the same bits for any number of threads") {
  check_same_bits(activation_of(Activation::kGelu), {.input = {100, 1000}});
  check_same_bits(gated_of(Activation::kSwiglu), {.input = {100, 1000}});
}

TEST_CASE("activation layers follow their formulas") {
  ParamSet set(DType::kFloat64, 1);
  Context ctx;
  const Var x{Tensor::from({{-2, 0.5}}, {1, 2}, DType::kFloat64)};
  const auto value = [&](Module& layer) { return layer(ctx, x).value.to_vector(); };
  ActivationLayer<Activation::kRelu2> relu2((Scope(set)));
  ActivationLayer<Activation::kGelu> gelu((Scope(set)));
  CHECK(value(relu2) == std::vector<double>{0, 0.25});
  CHECK(value(gelu)[0] == Approx(-2 * 0.5 * std::erfc(std::sqrt(2.0))).epsilon(1e-12));
  CHECK(value(gelu)[1] == Approx(0.5 * 0.5 * std::erfc(-0.5 / std::sqrt(2.0))).epsilon(1e-12));
}

TEST_CASE("a gate of another shape is refused") {
  Context ctx;
  const Var a{Tensor::zeros({2, 3}, DType::kFloat32)}, b{Tensor::zeros({2, 4}, DType::kFloat32)};
  CHECK_THROWS_WITH(gated_activation(ctx, Activation::kSwiglu, a, b),
                    ContainsSubstring("found (2, 3) and (2, 4)"));
  CHECK_THROWS_WITH(activation(ctx, Activation::kSwiglu, a), ContainsSubstring("gated"));
}

}  // namespace
}  // namespace norma
