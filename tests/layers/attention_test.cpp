#include "layers/attention.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/elementwise.h"
#include "layers/inference.h"
#include "layers/norms/norm.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

MakeModule attention_of(const Attention::Options& options, int64_t width) {
  return [=](const Scope& scope) { return std::make_unique<Attention>(scope, options, width); };
}

Tensor lengths_mask(std::vector<int64_t> lengths, int64_t time) {
  std::vector<double> valid;
  for (const int64_t length : lengths)
    for (int64_t t = 0; t < time; ++t) valid.push_back(t < length);
  return Tensor::from(valid, {static_cast<int64_t>(lengths.size()), time}, DType::kUInt8);
}

// x turned as its position asks, by complex multiplication of the pairs (d, d + D/2).
double rotated(const double* head, int64_t d, int64_t width, int64_t position) {
  const int64_t half = width / 2;
  const double angle = static_cast<double>(position) *
                       std::pow(10000.0, -2.0 * static_cast<double>(d % half) / width);
  return d < half ? head[d] * std::cos(angle) - head[d + half] * std::sin(angle)
                  : head[d] * std::cos(angle) + head[d - half] * std::sin(angle);
}

// The definition, one query at a time: rows of qkv (B,T,(heads + 2 kv_heads)·D) in double.
std::vector<double> naive(const AttentionHeads& h, bool rope, const Tensor& qkv,
                          const Tensor& mask) {
  const int64_t batch = qkv.shape()[0], time = qkv.shape()[1], row = qkv.shape()[2];
  const int64_t width = h.head_width;
  const std::vector<double> x = qkv.to_vector();
  std::vector<double> out;
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t t = 0; t < time; ++t) {
      for (int64_t head = 0; head < h.heads; ++head) {
        const int64_t kv = head / (h.heads / h.kv_heads);
        const double* const q = &x[(b * time + t) * row + head * width];
        std::vector<double> weight(static_cast<size_t>(time), 0.0);
        double total = 0;
        for (int64_t s = 0; s < (h.causal ? t + 1 : time); ++s) {
          if (mask && mask.item(b * time + s) == 0) continue;
          const double* const k = &x[(b * time + s) * row + h.query_width() + kv * width];
          double dot = 0;
          for (int64_t d = 0; d < width; ++d)
            dot += rope ? rotated(q, d, width, t) * rotated(k, d, width, s) : q[d] * k[d];
          dot /= std::sqrt(static_cast<double>(width));
          if (h.softcap > 0) dot = h.softcap * std::tanh(dot / h.softcap);
          total += weight[static_cast<size_t>(s)] = std::exp(dot);
        }
        for (int64_t d = 0; d < width; ++d) {
          double sum = 0;
          for (int64_t s = 0; s < time; ++s)
            sum += weight[static_cast<size_t>(s)] *
                   x[(b * time + s) * row + h.query_width() + h.key_width() + kv * width + d];
          out.push_back(total > 0 ? sum / total : 0.0);
        }
      }
    }
  }
  return out;
}

void check_against_definition(AttentionHeads heads, bool rope, int64_t time,
                              const Tensor& mask = {}) {
  const int64_t batch = 3, width = heads.query_width() + 2 * heads.key_width();
  RandomSequence random(RandomStream(9, static_cast<uint64_t>(time)));
  std::vector<double> numbers(static_cast<size_t>(batch * time * width));
  for (double& number : numbers) number = random.normal();
  const Var qkv{Tensor::from(numbers, {batch, time, width}, DType::kFloat64)};
  const auto expected = naive(heads, rope, qkv.value, mask);
  std::optional<Rotary> rotary;
  if (rope) heads.rotary = &rotary.emplace(heads.head_width, 10000);
  Context ctx;
  ctx.mask = mask;
  const auto parts =
      split_columns(ctx, qkv, {heads.query_width(), heads.key_width(), heads.key_width()});
  const auto apart = dot_product_attention(ctx, heads, parts[0], parts[1], parts[2]);
  const auto packed = dot_product_attention(ctx, heads, qkv).value.to_vector();
  REQUIRE(packed.size() == expected.size());
  for (size_t i = 0; i < packed.size(); ++i) {
    REQUIRE(packed[i] == Approx(expected[i]).epsilon(1e-10).margin(1e-12));
    REQUIRE(apart.value.item(static_cast<int64_t>(i)) == packed[i]);
  }
}

TEST_CASE("attention follows its definition, packed and on three tensors") {
  check_against_definition({.heads = 3, .kv_heads = 3, .head_width = 5}, false, 17);
  check_against_definition({.heads = 2, .kv_heads = 2, .head_width = 8, .causal = true}, true, 33);
  check_against_definition({.heads = 4, .kv_heads = 2, .head_width = 6, .causal = true}, true, 15);
  check_against_definition({.heads = 3, .kv_heads = 1, .head_width = 4, .softcap = 1.5}, false, 9);
  const Tensor mask = lengths_mask({7, 3, 0}, 7);
  check_against_definition({.heads = 2, .kv_heads = 1, .head_width = 4}, false, 7, mask);
  check_against_definition({.heads = 2, .kv_heads = 2, .head_width = 4, .causal = true}, true, 7,
                           mask);
}

TEST_CASE("attention's gradients are right for every option") {
  gradcheck(attention_of({.heads = 1}, 1), {.input = {1, 1, 1}});
  gradcheck(attention_of({.heads = 3, .causal = false}, 15), {.input = {2, 17, 15}});
  gradcheck(attention_of({.heads = 2, .bias = false}, 8), {.input = {1, 33, 8}});
  gradcheck(attention_of({.heads = 4, .kv_heads = 2, .rope = true}, 16), {.input = {2, 7, 16}});
  gradcheck(attention_of({.heads = 4, .kv_heads = 1, .head_norms = {.logit_softcap = 2.0}}, 12),
            {.input = {2, 7, 12}});
  const Tensor mask = lengths_mask({5, 2, 0}, 5);
  gradcheck(attention_of({.heads = 2, .causal = false}, 8), {.input = {3, 5, 8}, .mask = mask});
  gradcheck(attention_of({.heads = 2, .rope = true}, 8), {.input = {3, 5, 8}, .mask = mask});
}

Spec norm_spec(const char* type) { return make_spec(Json(type), norm_registry(), "test"); }

TEST_CASE("attention's gradients are right with normalized queries and keys") {
  const Tensor mask = lengths_mask({5, 2, 0}, 5);
  for (const char* const type : {"rms_norm", "layer_norm"}) {
    const Attention::Options options{
        .heads = 4, .kv_heads = 2, .rope = true, .head_norms = {.qk_norm = norm_spec(type)}};
    gradcheck(attention_of(options, 16), {.input = {2, 7, 16}});
    gradcheck(attention_of(options, 16), {.input = {3, 5, 16}, .mask = mask});
  }
}

TEST_CASE("attention's gradients are right with every norm and gain of queries, keys and values") {
  const Spec norm = norm_spec("layer_norm"), unit = norm_spec("unit_norm");
  const std::vector<HeadNormOptions> all = {{.k_norm = norm},
                                            {.v_norm = norm},
                                            {.qk_norm = norm, .v_norm = unit, .norm_span = "width"},
                                            {.qk_norm = norm, .norm_order = "after_rope"},
                                            {.qk_norm = unit, .logit_scale = 5.0},
                                            {.logit_scale = 0.7, .logit_softcap = 3.0}};
  const Tensor mask = lengths_mask({5, 2, 0}, 5);
  for (const HeadNormOptions& head_norms : all) {
    const Attention::Options options{
        .heads = 4, .kv_heads = 2, .rope = true, .head_norms = head_norms};
    gradcheck(attention_of(options, 16), {.input = {2, 7, 16}});
    gradcheck(attention_of(options, 16), {.input = {3, 5, 16}, .mask = mask});
  }
  const Attention::Options gained{
      .heads = 3, .head_norms = {.qk_norm = unit, .qk_gain = 2.0, .logit_scale = 1.0}};
  gradcheck(attention_of(gained, 15), {.input = {1, 17, 15}});
  gradcheck(attention_of({.heads = 1, .head_norms = {.qk_gain = 2.0}}, 1), {.input = {1, 1, 1}});
  check_same_bits(attention_of(gained, 15), {.input = {3, 200, 15}});
}

TEST_CASE("norms of queries and keys that exclude each other are refused") {
  const auto fault = [](Json more) {
    Json config{{"type", "attention"}, {"heads", 4}};
    config.update(more);
    try {
      make_spec(config, layer_registry(), "attention");
    } catch (const ConfigError& error) {
      return error.faults().front().str();
    }
    return std::string();
  };
  CHECK_THAT(fault({{"qk_norm", "rms_norm"}, {"k_norm", "rms_norm"}}),
             ContainsSubstring("expected null beside `qk_norm`"));
  CHECK_THAT(fault({{"qk_gain", 1}, {"kv_heads", 2}}),
             ContainsSubstring("different numbers of heads"));
}

TEST_CASE("attention on three tensors has the right gradients and leaves its inputs alone") {
  static const Rotary rotary(4, 10000);
  const auto make = module_of([](Context& ctx, const Var& x) {
    const AttentionHeads heads{
        .heads = 4, .kv_heads = 2, .head_width = 4, .causal = true, .rotary = &rotary};
    const auto [q, k, v] = split_columns(ctx, x, {16, 8, 8});
    const auto before = q.value.to_vector();
    const Var y = dot_product_attention(ctx, heads, q, k, v);
    CHECK(q.value.to_vector() == before);
    return add(ctx, y, q);
  });
  gradcheck(make, {.input = {2, 7, 32}});
}

TEST_CASE("attention gives the same bits for any number of threads") {
  check_same_bits(attention_of({.heads = 4, .rope = true}, 64), {.input = {2, 150, 64}});
  check_same_bits(attention_of({.heads = 4, .kv_heads = 1, .causal = false}, 64),
                  {.input = {3, 70, 64}, .mask = lengths_mask({70, 50, 1}, 70)});
}

// A whole forward against the same positions fed piece by piece through the cache.
void check_cache(const Attention::Options& options, DType dtype, double tolerance) {
  constexpr int64_t kBatch = 2, kTime = 13, kWidth = 16;
  ParamSet set(dtype, 1);
  Attention layer(Scope(set, "attn"), options, kWidth);
  set.materialize();
  RandomSequence random(RandomStream(4, 4));
  std::vector<double> numbers(kBatch * kTime * kWidth);
  for (double& number : numbers) number = random.normal();
  const Tensor x = Tensor::from(numbers, {kBatch, kTime, kWidth}, dtype);
  Context ctx;
  ctx.dtype = dtype;
  const Tensor whole = layer(ctx, {x}).value;

  Inference inference{.capacity = kTime};
  ctx.inference = &inference;
  const auto feed = [&](int64_t count) {
    const Tensor part = Tensor::empty({kBatch, count, kWidth}, dtype);
    with_float_type(dtype, [&]<class T>() {
      for (int64_t b = 0; b < kBatch; ++b)
        std::copy_n(x.data<T>() + (b * kTime + inference.position) * kWidth, count * kWidth,
                    part.data<T>() + b * count * kWidth);
    });
    const Tensor y = layer(ctx, {part}).value;
    for (int64_t b = 0; b < kBatch; ++b)
      for (int64_t i = 0; i < count * kWidth; ++i)
        REQUIRE(
            y.item(b * count * kWidth + i) ==
            Approx(whole.item((b * kTime + inference.position) * kWidth + i)).margin(tolerance));
    inference.position += count;
  };
  for (const int64_t count : {5, 1, 1, 4, 1, 1}) feed(count);
  CHECK_THROWS_WITH(layer(ctx, {Tensor::zeros({kBatch, 1, kWidth}, dtype)}),
                    ContainsSubstring("the cache holds 13 positions and is asked for 14"));
  inference.position = 6;  // forgets what came after
  feed(2);
}

TEST_CASE("a key/value cache gives what the whole forward gives") {
  check_cache({.heads = 4, .rope = true}, DType::kFloat64, 1e-12);
  check_cache({.heads = 4, .kv_heads = 2, .rope = true}, DType::kFloat32, 1e-5);
  check_cache({.heads = 2, .head_norms = {.logit_softcap = 5.0}}, DType::kFloat64, 1e-12);
  check_cache({.heads = 2, .rope = true, .head_norms = {.qk_norm = norm_spec("rms_norm")}},
              DType::kFloat64, 1e-12);
  check_cache({.heads = 2,
               .rope = true,
               .head_norms = {.qk_norm = norm_spec("rms_norm"), .norm_order = "after_rope"}},
              DType::kFloat64, 1e-12);
}

TEST_CASE("attention counts the products that causality leaves") {
  ParamSet set(DType::kFloat32, 1);
  Attention layer(Scope(set), {.heads = 2}, 8);
  set.materialize();
  Context ctx;
  layer(ctx, {Tensor::zeros({3, 5, 8}, DType::kFloat32)});
  CHECK(ctx.flops() == 2.0 * 15 * 8 * 24 + 4.0 * 3 * 8 * 15 + 2.0 * 15 * 8 * 8);
}

TEST_CASE("attention names its parameters and refuses widths and masks that do not fit") {
  ParamSet set(DType::kFloat32, 1);
  Attention layer(Scope(set, "attn"), {.heads = 4, .kv_heads = 2, .init_std = 0.02}, 16);
  set.materialize();
  CHECK(set.find("attn.qkv.weight")->shape == Shape{32, 16});
  CHECK(set.find("attn.qkv.bias")->shape == Shape{32});
  CHECK(set.find("attn.out.weight")->shape == Shape{16, 16});
  CHECK(set.params().size() == 4);
  ParamSet other(DType::kFloat32, 1);
  CHECK_THROWS_WITH(Attention(Scope(other, "a"), {.heads = 3}, 16),
                    ContainsSubstring("[attention a] a width of 16 cannot be cut into 3 heads"));
  CHECK_THROWS_WITH(Attention(Scope(other, "a"), {.heads = 4, .kv_heads = 3}, 16),
                    ContainsSubstring("4 heads cannot share 3 key/value heads evenly"));
  CHECK_THROWS_WITH(Attention(Scope(other, "b"), {.heads = 4, .rope = true}, 12),
                    ContainsSubstring("a head's width must be even, found 3"));
  Context ctx;
  ctx.mask = lengths_mask({3}, 3);
  CHECK_THROWS_WITH(layer(ctx, {Tensor::zeros({2, 3, 16}, DType::kFloat32)}),
                    ContainsSubstring("mask of shape (1, 3) does not fit 2 samples of 3"));
}

}  // namespace
}  // namespace norma
