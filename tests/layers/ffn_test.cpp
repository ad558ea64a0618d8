#include "layers/ffn.h"

#include "tests/catch.h"
#include "tests/gradcheck.h"

namespace norma {
namespace {

MakeModule ffn_of(const Ffn::Options& options, int64_t width) {
  return [=](const Scope& scope) { return std::make_unique<Ffn>(scope, options, width); };
}

TEST_CASE("the feed-forward's gradients are right for every activation") {
  for (const char* const kind : {"gelu", "gelu_tanh", "silu", "relu", "relu2", "swiglu", "geglu"}) {
    INFO(kind);
    gradcheck(ffn_of({.hidden = 17, .activation = kind}, 5), {.input = {2, 3, 5}});
    gradcheck(ffn_of({.hidden = 1, .activation = kind, .bias = false}, 1), {.input = {1, 1}});
  }
  gradcheck(ffn_of({.hidden = 33, .activation = "swiglu"}, 15), {.input = {1, 17, 15}});
}

TEST_CASE("the feed-forward gives the same bits for any number of threads") {
  check_same_bits(ffn_of({.activation = "gelu"}, 33), {.input = {4, 150, 33}});
  check_same_bits(ffn_of({.activation = "swiglu"}, 33), {.input = {4, 150, 33}});
}

TEST_CASE("the feed-forward chooses its hidden width and names its parameters") {
  CHECK(Ffn::default_hidden(Activation::kGelu, 128) == 512);
  CHECK(Ffn::default_hidden(Activation::kSwiglu, 384) == 1024);
  CHECK(Ffn::default_hidden(Activation::kGeglu, 128) == 352);
  ParamSet set(DType::kFloat32, 1);
  Ffn plain(Scope(set, "a"), {}, 8),
      gated(Scope(set, "b"), {.activation = "swiglu", .bias = false}, 8);
  set.materialize();
  CHECK(set.find("a.up.weight")->shape == Shape{32, 8});
  CHECK(set.find("a.down.bias")->shape == Shape{8});
  CHECK_FALSE(set.find("a.gate.weight"));
  CHECK(set.find("b.gate.weight")->shape == Shape{32, 8});
  CHECK(set.find("b.down.weight")->shape == Shape{8, 32});
  CHECK_FALSE(set.find("b.up.bias"));
}

TEST_CASE("a gated feed-forward multiplies the branch by the activated gate") {
  ParamSet set(DType::kFloat64, 1);
  Ffn layer(Scope(set), {.hidden = 1, .activation = "swiglu", .bias = false}, 1);
  set.materialize();
  const auto assign = [&](const char* name, double value) { set.find(name)->value.fill(value); };
  assign("up.weight", 2);
  assign("gate.weight", 3);
  assign("down.weight", 5);
  Context ctx;
  const double gate = 3 * 0.7, silu = gate / (1 + std::exp(-gate));
  CHECK(layer(ctx, {Tensor::full({1, 1}, DType::kFloat64, 0.7)}).value.item() ==
        Approx(5 * silu * 2 * 0.7).epsilon(1e-14));
}

}  // namespace
}  // namespace norma
