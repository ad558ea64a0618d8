// What a decoder needs: attention to a memory, biases by distance, blocks of three sublayers.
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/attention.h"
#include "layers/decoder_block.h"
#include "layers/elementwise.h"
#include "layers/relative_bias.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/padding.h"
#include "tests/specimen.h"

namespace norma {
namespace {

constexpr int64_t kDecoderWidth = 8;

// A layer whose memory is made of its own input: the gradient of the memory is then checked too.
class OfItself : public Module {
 public:
  OfItself(const Scope& scope, const Spec& spec, Tensor memory_mask)
      : Module(scope),
        layer_(make_layer(scope / "layer", spec, {.shape = {1, 1, kDecoderWidth}})),
        memory_(scope / "memory", kDecoderWidth, kDecoderWidth),
        memory_mask_(std::move(memory_mask)) {}

 protected:
  Var forward(Context& ctx, const Var& x) override {
    const Scoped condition(ctx.cond, select_position(ctx, x, 0));
    ctx.memory = memory_(ctx, x);
    ctx.memory_mask = memory_mask_;
    const Var y = (*layer_)(ctx, x);
    ctx.memory = Var();
    ctx.memory_mask = Tensor();
    return y;
  }

 private:
  std::unique_ptr<Module> layer_;
  Linear memory_;
  Tensor memory_mask_;
};

MakeModule of_itself(const Json& config, Tensor memory_mask = {}) {
  const Spec spec = make_spec(config, layer_registry(), "the layer");
  return [=](const Scope& scope) { return std::make_unique<OfItself>(scope, spec, memory_mask); };
}

// Self-attention with a bias by distance.
class Biased : public Module {
 public:
  Biased(const Scope& scope, const Attention::Options& options)
      : Module(scope),
        bias_(scope / "bias",
              {.heads = options.heads, .buckets = 6, .bidirectional = !options.causal}),
        attention_(scope / "attn", options, kDecoderWidth) {}

 protected:
  Var forward(Context& ctx, const Var& x) override {
    ctx.position_bias = bias_(ctx, x.shape()[1], x.shape()[1]);
    const Var y = attention_(ctx, x);
    ctx.position_bias = Var();
    return y;
  }

 private:
  RelativeBias bias_;
  Attention attention_;
};

MakeModule biased(const Attention::Options& options) {
  return [=](const Scope& scope) { return std::make_unique<Biased>(scope, options); };
}

Json block(const std::string& placement) {
  return {{"type", "decoder_block"},
          {"attention", {{"heads", 2}}},
          {"cross", {{"heads", 2}}},
          {"ffn", {{"hidden", 7}}},
          {"placement", placement},
          {"dropout", 0.2},
          {"drop_path", 0.3},
          {"layer", 1},
          {"layers", 3}};
}

}  // namespace

TEST_CASE("cross-attention: gradients", "[decoder]") {
  const Tensor mask = first_positions({5, 3, 1}, 5);
  for (const Json& options : {Json::object(), Json{{"kv_heads", 1}, {"bias", false}},
                              Json{{"qk_norm", "rms_norm"}, {"inner_norm", "layer_norm"}},
                              Json{{"logit_softcap", 2.0}}}) {
    Json config{{"type", "cross_attention"}, {"heads", 2}};
    config.update(options);
    INFO(config.dump());
    gradcheck(of_itself(config), {.input = {3, 5, kDecoderWidth}});
    gradcheck(of_itself(config, mask), {.input = {3, 5, kDecoderWidth}});
  }
}

TEST_CASE("attention: gradients with biases by distance", "[decoder]") {
  const Tensor mask = first_positions({5, 3, 1}, 5);
  for (const bool causal : {false, true}) {
    INFO(causal);
    gradcheck(biased({.heads = 2, .causal = causal}), {.input = {3, 5, kDecoderWidth}});
    gradcheck(biased({.heads = 2,
                      .kv_heads = 1,
                      .causal = causal,
                      .rope = true,
                      .head_norms = {.qk_norm = make_spec("layer_norm", norm_registry(), ""),
                                     .logit_softcap = 3.0}}),
              {.input = {3, 5, kDecoderWidth}, .mask = mask});
    gradcheck(biased({.heads = 1, .causal = causal}), {.input = {1, 33, kDecoderWidth}});
    check_same_bits(biased({.heads = 4, .causal = causal}), {.input = {5, 77, kDecoderWidth}});
  }
}

// Against the definition, one logit at a time.
TEST_CASE("attention: adds to each logit the bias of its distance", "[decoder]") {
  constexpr int64_t kTime = 19;
  ParamSet set(DType::kFloat64, 1);
  const AttentionHeads heads{.heads = 1, .kv_heads = 1, .head_width = 3, .causal = true};
  const Tensor qkv = Tensor::from(normal_numbers("qkv", kTime * 9), {1, kTime, 9}, DType::kFloat64);
  const Tensor bias =
      Tensor::from(normal_numbers("bias", 2 * kTime - 1), {1, 2 * kTime - 1}, DType::kFloat64);
  Context ctx;
  ctx.dtype = DType::kFloat64;
  const Var distance_bias{bias};
  const Tensor y = dot_product_attention(ctx, heads, {qkv}, &distance_bias).value;
  for (int64_t i = 0; i < kTime; ++i) {
    double total = 0, sums[3] = {};
    for (int64_t j = 0; j <= i; ++j) {
      double logit = 0;
      for (int64_t d = 0; d < 3; ++d) logit += qkv.item(i * 9 + d) * qkv.item(j * 9 + 3 + d);
      const double p = std::exp(logit / std::sqrt(3.0) + bias.item(j - i + kTime - 1));
      total += p;
      for (int64_t d = 0; d < 3; ++d) sums[d] += p * qkv.item(j * 9 + 6 + d);
    }
    for (int64_t d = 0; d < 3; ++d)
      REQUIRE(y.item(i * 3 + d) == Approx(sums[d] / total).epsilon(1e-12));
  }
}

TEST_CASE("relative bias: gradients", "[decoder]") {
  const Spec spec = make_spec(Json{{"type", "relative_bias"}, {"heads", 3}, {"buckets", 6}},
                              layer_registry(), "the layer");
  gradcheck(
      [=](const Scope& scope) {
        return make_layer(scope, spec, {.shape = {1, 33, 1}});
      },
      {.input = {1, 33, 1}});
}

TEST_CASE("decoder block: gradients in every placement that takes three sublayers", "[decoder]") {
  const Tensor mask = first_positions({4, 2, 1}, 4);
  int taken = 0;
  for (const Entry* placement : placement_registry().entries()) {
    INFO(placement->type);
    if (!placement_registry().at(placement->type).make_sublayer) {
      ParamSet set(DType::kFloat32, 1);
      CHECK_THROWS_WITH(of_itself(block(placement->type))(Scope(set)),
                        Catch::Matchers::ContainsSubstring("knows no third sublayer"));
      continue;
    }
    if (recipe_of(Spec{placement->type}, {}).unit_sphere) {
      ParamSet set(DType::kFloat32, 1);
      CHECK_THROWS_WITH(
          of_itself(block(placement->type))(Scope(set)),
          Catch::Matchers::ContainsSubstring("says nothing of attention to another sequence"));
      continue;
    }
    ++taken;
    gradcheck(of_itself(block(placement->type), mask),
              {.input = {3, 4, kDecoderWidth}, .mask = mask, .step = 1e-5});
  }
  CHECK(taken >= 8);
}

TEST_CASE("cross-attention: padding of the memory, NaN even, changes nothing", "[decoder]") {
  const Spec spec =
      make_spec(Json{{"type", "cross_attention"}, {"heads", 2}, {"qk_norm", "layer_norm"}},
                layer_registry(), "the layer");
  check_nan_padding(
      [&](const Scope& scope) {
        return make_layer(scope, spec, {.shape = {2, 3, kDecoderWidth}});
      },
      kDecoderWidth, Padded::kMemory);
}

}  // namespace norma
