// Blocks whose branches are shifted, scaled and gated by a condition: gradients, where they start,
// and that they are the layer of the same name around each branch.
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/layer_registry.h"
#include "tests/catch.h"
#include "tests/layers/norm_specs.h"
#include "tests/layers/trunk.h"
#include "tests/specimen.h"

namespace norma {

using namespace trunk;

namespace {

constexpr int64_t kNarrow = 12;

Json gated_block(const Json& more = Json::object()) {
  Json config{{"type", "block"},
              {"attention", {{"heads", 3}}},
              {"ffn", {{"hidden", 17}}},
              {"placement", "ada_zero"}};
  config.update(more);
  return config;
}

std::unique_ptr<Module> made(const Scope& scope, const Json& config) {
  const LayerInput input{.shape = {3, 5, kNarrow}, .cond = {3, kNarrow}};
  return make_layer(scope, make_spec(config, layer_registry(), "the layer"), input);
}

MakeModule gated_maker(const Json& more = Json::object()) {
  return [=](const Scope& scope) { return made(scope, gated_block(more)); };
}

// The parameter of a sublayer's own layer, for one of the block.
std::string in_layer(std::string name) {
  name.erase(0, name.find('.') + 1);  // the block
  const size_t dot = name.find('.');
  const std::string part = name.substr(0, dot), rest = name.substr(dot);
  const bool modulation = part.ends_with("_modulation");
  return part.substr(0, part.find('_')) + (modulation ? ".modulation" : ".branch") + rest;
}

// An output and the gradients of the input, the condition and every parameter by their names.
struct Passed {
  Tensor output, dx, dcond;
};

Passed pass(FunctionRef<Var(Context&, const Var&)> forward) {
  Tape tape;
  Context ctx;
  begin_training(ctx, tape);
  const auto normal = [](const char* name, const Shape& shape) {
    return Tensor::from(normal_numbers(name, shape.numel()), shape, DType::kFloat64);
  };
  const Var x = tape.leaf(normal("x", {3, 5, kNarrow}));
  ctx.cond = tape.leaf(normal("cond", {3, kNarrow}));
  const Var y = forward(ctx, x);
  tape.backward(y, normal("dy", y.shape()));
  return {y.value, tape.grad(x), tape.grad(ctx.cond)};
}

void check_close(const Tensor& found, const Tensor& expected) {
  const Numbers a = found.to_vector(), b = expected.to_vector();
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) REQUIRE(a[i] == Approx(b[i]).epsilon(1e-12).margin(1e-12));
}

}  // namespace

TEST_CASE("ada_zero: gradients by norm, with padding and dropped branches", "[layers]") {
  for (const char* norm : {"layer_norm", "rms_norm", "dyt", "batch_norm"})
    for (const Tensor& mask : {Tensor(), first_positions({5, 3, 1}, 5)}) {
      INFO(norm << (mask ? " with padding" : ""));
      const GradientErrors errors =
          gradcheck(gated_maker({{"norm", norm}, {"dropout", 0.1}, {"drop_path", 0.3}}),
                    {.input = {3, 5, kNarrow}, .cond = {3, kNarrow}, .mask = mask});
      CHECK(errors.train <= 1e-6);
    }
}

TEST_CASE("ada_zero: a block is the layer ada_layer_norm around each of its branches", "[layers]") {
  const Json norm{{"type", "layer_norm"}, {"eps", 1e-6}};
  const auto layer = [&](const Json& branch) {
    return Json{{"type", "ada_layer_norm"}, {"norm", norm}, {"branch", branch}};
  };
  ParamSet whole(DType::kFloat64, 1), parts(DType::kFloat64, 1);
  const auto block = made(Scope(whole, "block"), gated_block({{"norm", norm}}));
  const auto attention = made(Scope(parts, "attn"), layer({{"type", "attention"}, {"heads", 3}}));
  const auto ffn = made(Scope(parts, "ffn"), layer({{"type", "ffn"}, {"hidden", 17}}));
  whole.materialize();
  parts.materialize();
  randomize(whole);
  REQUIRE(whole.params().size() == parts.params().size());
  for (const Param& param : whole.params()) {
    INFO(param.name << " is " << in_layer(param.name));
    REQUIRE(parts.find(in_layer(param.name)));
    parts.find(in_layer(param.name))->value.copy_from(param.value);
  }
  parts.touch();
  const Passed found = pass([&](Context& ctx, const Var& x) { return (*block)(ctx, x); });
  const Passed expected =
      pass([&](Context& ctx, const Var& x) { return (*ffn)(ctx, (*attention)(ctx, x)); });
  check_close(found.output, expected.output);
  check_close(found.dx, expected.dx);
  check_close(found.dcond, expected.dcond);
  for (const Param& param : whole.params()) {
    INFO(param.name);
    check_close(param.grad, parts.find(in_layer(param.name))->grad);
  }
}

// What a gate of 0 lets through: nothing forward, and backward to itself alone.
TEST_CASE("ada_zero: blocks start as the identity, and only their gates learn at first",
          "[layers]") {
  ParamSet set(DType::kFloat64, 1), own(DType::kFloat64, 1);
  Trunk trunk(Scope(set), options_with("ada_zero", 2));
  const auto final_norm = make_norm(Scope(own) / "final_norm", Spec{"layer_norm"}, kWidth);
  set.materialize();
  own.materialize();
  const Var x = random_input({2, 3, kWidth});
  Tape tape;
  Context ctx;
  begin_training(ctx, tape);
  const Var y = trunk(ctx, tape.leaf(x.value));
  CHECK(same_bits(y.value, (*final_norm)(ctx, x).value));
  tape.backward(y, random_input({2, 3, kWidth}).value);
  for (const Param& param : set.params()) {
    INFO(param.name);
    const Numbers grad = param.grad.to_vector();
    const auto is_zero = [](double value) { return value == 0; };
    if (param.name.find("_modulation.") == std::string::npos) {
      CHECK(std::ranges::all_of(grad, is_zero) == !param.name.starts_with("final_norm"));
      continue;
    }
    // Rows are shift, scale and gate in this order.
    const auto gates = grad.begin() + static_cast<std::ptrdiff_t>(grad.size() / 3 * 2);
    CHECK(std::all_of(grad.begin(), gates, is_zero));
    CHECK(std::none_of(gates, grad.end(), is_zero));
  }
}

TEST_CASE("ada_zero: norms have no gain and offset of their own, and a condition is missed",
          "[layers]") {
  ParamSet set(DType::kFloat64, 1);
  const auto block = made(Scope(set, "block"), gated_block());
  set.materialize();
  for (const Param& param : set.params()) CHECK(param.name.find("norm") == std::string::npos);
  Context ctx;
  ctx.dtype = DType::kFloat64;
  const Var x = random_input({3, 5, kNarrow});
  CHECK_THROWS_WITH((*block)(ctx, x),
                    "[ada_zero block.attn] expects a conditioning vector `cond` a sample of the "
                    "input (3, 5, 12), found none");
  ctx.cond = random_input({2, kNarrow});
  CHECK_THROWS_WITH((*block)(ctx, x), Catch::Matchers::ContainsSubstring("found (2, 12)"));
}

}  // namespace norma
