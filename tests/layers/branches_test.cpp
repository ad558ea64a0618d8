// Constants that follow from the number of residual branches, stochastic depth by depth, and how
// often what joins branches passes over memory.
#include <map>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/dropout.h"
#include "layers/residual/gained_add.h"
#include "layers/residual/placement.h"
#include "models/model.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/specimen.h"

namespace norma {
namespace {

// An encoder of 5 blocks that a decoder of 4 reads.
constexpr Stack kEncoder{.layers = 5, .reader_layers = 4, .init_std = 1};
constexpr Stack kDecoder{.layers = 4, .branches = 3, .init_std = 1};
constexpr Stack kAlone{.layers = 5, .init_std = 1};

InitialDeviations start(const char* placement, const Stack& stack) {
  return recipe_of(Spec{placement}, stack).init;
}

// What the shortcut of one sublayer is multiplied by: its branch adds zeros, its norms do nothing.
double shortcut(const char* placement, const Stack& stack) {
  ParamSet set(DType::kFloat64, 1);
  const BlockSite site{
      .block = Scope(set, "block"), .norm = Spec{"identity"}, .width = 1, .stack = stack};
  const auto joint = make_sublayer_placement(Spec{placement}, SublayerSite(site, "attn"));
  set.materialize();
  Context ctx;
  ctx.dtype = DType::kFloat64;
  const Stream stream = (*joint)(
      ctx, resolved({Tensor::full({1, 1, 1}, DType::kFloat64, 1)}),
      [](Context&, const Var& x) { return Var{Tensor::zeros(x.shape(), DType::kFloat64)}; });
  return resolve(ctx, stream).value.item();
}

// How often an operation runs in a forward.
class Counter final : public TapeObserver {
 public:
  void on_forward(const std::string&, const char* op, const Tensor&) override { ++counts[op]; }
  std::map<std::string, int> counts;
};

std::map<std::string, int> operations(const Json& config, const ModelInput& input, const Var& x) {
  ParamSet set(DType::kFloat32, 1);
  const auto model = make_model(Scope(set), make_spec(config, model_registry(), "a"), input);
  set.materialize();
  Counter counter;
  Context ctx;
  ctx.observer = &counter;
  ctx.begin_forward(0);
  (*model)(ctx, x);
  return counter.counts;
}

class ScaledGain final : public Module {
 public:
  ScaledGain(const Scope& scope, int64_t gains)
      : Module(scope), gain_(scope.param("gain", {gains}, ParamKind::kGain, Init::constant(1))) {}

 protected:
  Var forward(Context& ctx, const Var& x) override {
    const Tensor drop = drop_scale(ctx, 0.3, x.shape()[0]);
    return gained_add(ctx, x, stochastic_depth(ctx, x, 0.4), gain_, drop, 0.25);
  }

 private:
  Param& gain_;
};

}  // namespace

// By hand, from the table of arXiv:2203.00555 with N = 5, M = 4.
TEST_CASE("deep_norm has the constants of its paper for encoders, decoders and both",
          "[placement]") {
  CHECK(shortcut("deep_norm", kEncoder) == Approx(1.3208584213).epsilon(1e-9));
  CHECK(start("deep_norm", kEncoder).ffn_out == Approx(0.5335166803).epsilon(1e-9));
  CHECK(shortcut("deep_norm", kDecoder) == Approx(1.8612097182).epsilon(1e-9));
  CHECK(start("deep_norm", kDecoder).value == Approx(0.3799178428).epsilon(1e-9));
  CHECK(shortcut("deep_norm", kAlone) == Approx(1.7782794100).epsilon(1e-9));      // 10^¼
  CHECK(start("deep_norm", kAlone).ffn_in == Approx(0.3976353644).epsilon(1e-9));  // 40^−¼
  CHECK(start("deep_norm", kDecoder).query_key == 1);
}

TEST_CASE("placements count the branches of a block", "[placement]") {
  CHECK(start("sub_ln", kEncoder).ffn_in == Approx(1.3810272758).epsilon(1e-9));
  CHECK(start("sub_ln", kDecoder).ffn_in == Approx(1.5763586679).epsilon(1e-9));
  CHECK(start("pre", kDecoder).ffn_out == Approx(0.2886751346).epsilon(1e-9));  // 1/√12
  CHECK(start("pre", kAlone).ffn_out == Approx(0.3162277660).epsilon(1e-9));    // 1/√10
  CHECK(start("fixup", kDecoder).ffn_in == Approx(0.2886751346).epsilon(1e-9));
  CHECK(shortcut("keel", kDecoder) == 12);
  CHECK(shortcut("keel", kAlone) == 10);
}

TEST_CASE("an encoder-decoder starts each stack by its own branches", "[placement]") {
  ParamSet set(DType::kFloat32, 1);
  const Json config{{"type", "seq2seq"}, {"layers", 5},   {"decoder_layers", 4},     {"width", 4},
                    {"heads", 2},        {"init_std", 1}, {"placement", "deep_norm"}};
  const auto model = make_model(Scope(set), make_spec(config, model_registry(), "a"),
                                {.vocab = 7, .answer = 4, .outputs = 7});
  CHECK(set.find("encoder.blocks.0.ffn.up.weight")->init.scale ==
        Approx(0.5335166803).epsilon(1e-9));
  CHECK(set.find("decoder.blocks.3.ffn.up.weight")->init.scale ==
        Approx(0.3799178428).epsilon(1e-9));
  CHECK(set.find("decoder.blocks.0.cross.v.weight")->init.scale ==
        Approx(0.3799178428).epsilon(1e-9));
  CHECK(set.find("decoder.blocks.0.cross.q.weight")->init.scale == 1);
}

TEST_CASE("stochastic depth grows in proportion to depth", "[placement]") {
  CHECK(drop_path_at(0.3, 0, 4) == 0);
  CHECK(drop_path_at(0.3, 1, 4) == Approx(0.1));
  CHECK(drop_path_at(0.3, 3, 4) == 0.3);
  CHECK(drop_path_at(0.3, 0, 1) == 0.3);
}

TEST_CASE("a gained sum with a factor has right gradients", "[placement]") {
  for (const int64_t gains : {1, 7})
    gradcheck([=](const Scope& scope) { return std::make_unique<ScaledGain>(scope, gains); },
              {.input = {3, 4, 7}});
}

TEST_CASE("a stream on the unit sphere is brought there once", "[placement]") {
  const Tensor tokens = Tensor::full({2, 4}, DType::kInt32, 3);
  const Json config{{"type", "gpt"}, {"layers", 3},  {"width", 8},
                    {"heads", 2},    {"context", 4}, {"placement", "ngpt"}};
  // A sublayer normalizes what it proposes and where it arrives, and attention queries and keys;
  // besides, only what enters the first is normalized.
  const auto counts = operations(config, {.vocab = 7, .outputs = 7}, {tokens});
  CHECK(counts.at("norm") == 1 + 3 * (2 * 2 + 2));
}

TEST_CASE("a branch without norms is scaled where it is added", "[placement]") {
  const Tensor images = Tensor::zeros({2, 8, 8, 3}, DType::kFloat32);
  const auto counts = operations({{"type", "nfnet"}, {"width", 4}, {"stages", {1, 2}}},
                                 {.height = 8, .width = 8, .channels = 3, .outputs = 5}, {images});
  CHECK(counts.at("scale") == 2);  // by 1/β, which is 1 in front of the first block
}

}  // namespace norma
