// What a placement does in a stack: factors of depth in every block, stochastic depth, gains of
// branches that are learned.
#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "layers/elementwise.h"
#include "layers/norms/norm.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/layers/trunk.h"

namespace norma {

using namespace trunk;

namespace {

// A stack written down once more, out of attention, feed-forward and norms: the same names, hence
// the same initial values.
struct ByHand {
  struct Part {
    std::unique_ptr<Module> sublayer, norm;
  };
  std::vector<Part> parts;  // attention and feed-forward of each block in turn
  std::unique_ptr<Module> final_norm;

  ByHand(const Scope& scope, const TransformerOptions& options) {
    const Block::Options block = options.block(true, false, 10000);
    for (int64_t layer = 0; layer < options.layers; ++layer) {
      const Scope here = scope / "blocks" / layer;
      parts.push_back({std::make_unique<Attention>(here / "attn", block.attention, kWidth),
                       make_norm(here / "attn_norm", options.norm.at("attn", layer), kWidth)});
      parts.push_back({std::make_unique<Ffn>(here / "ffn", block.ffn, kWidth),
                       make_norm(here / "ffn_norm", options.norm.at("ffn", layer), kWidth)});
    }
    final_norm = make_norm(scope / "final_norm", options.norm.at("final", 0), kWidth);
  }
};

using Formula = std::function<Var(Context&, ByHand&, Var x)>;

void check_stack(const Json& placement, int64_t layers, const Formula& formula) {
  INFO(placement.dump());
  const TransformerOptions options = options_with(placement, layers);
  ParamSet set(DType::kFloat64, 3), again(DType::kFloat64, 3);
  Trunk trunk(Scope(set), options);
  ByHand by_hand(Scope(again), options);
  set.materialize();
  again.materialize();
  Context ctx;
  ctx.dtype = DType::kFloat64;
  const Var x = random_input({2, 5, kWidth});
  const std::vector<double> found = trunk(ctx, x).value.to_vector();
  const std::vector<double> expected = formula(ctx, by_hand, x).value.to_vector();
  double worst = 0;
  for (size_t i = 0; i < found.size(); ++i)
    worst = std::max(worst, std::abs(found[i] - expected[i]));
  CHECK(worst <= 1e-12);
}

}  // namespace

TEST_CASE("factors of depth reach every block of a stack", "[layers]") {
  check_stack("deep_norm", 3, [](Context& ctx, ByHand& stack, Var x) {
    const double alpha = std::pow(6.0, 0.25);
    for (auto& [f, norm] : stack.parts)
      x = (*norm)(ctx, add(ctx, scale(ctx, x, alpha), (*f)(ctx, x)));
    return x;
  });
  check_stack("layer_norm_scaling", 3, [](Context& ctx, ByHand& stack, Var x) {
    for (size_t i = 0; i < stack.parts.size(); ++i) {
      auto& [f, norm] = stack.parts[i];
      const double depth = static_cast<double>(i / 2 + 1);
      x = add(ctx, x, (*f)(ctx, scale(ctx, (*norm)(ctx, x), 1 / std::sqrt(depth))));
    }
    return (*stack.final_norm)(ctx, x);
  });
  // A quarter of five blocks, rounded up, is two.
  check_stack("mix_ln", 5, [](Context& ctx, ByHand& stack, Var x) {
    for (size_t i = 0; i < stack.parts.size(); ++i) {
      auto& [f, norm] = stack.parts[i];
      x = i < 4 ? (*norm)(ctx, add(ctx, x, (*f)(ctx, x))) : add(ctx, x, (*f)(ctx, (*norm)(ctx, x)));
    }
    return (*stack.final_norm)(ctx, x);
  });
}

TEST_CASE("the second sum of res_i_dual runs through all blocks and ends in the final norm",
          "[layers]") {
  check_stack("res_i_dual", 3, [](Context& ctx, ByHand& stack, Var x) {
    Var second = x;
    for (auto& [f, norm] : stack.parts) {
      const Var branch = (*f)(ctx, x);
      x = (*norm)(ctx, add(ctx, x, branch));
      second = add(ctx, second, branch);
    }
    return add(ctx, x, (*stack.final_norm)(ctx, second));
  });
}

namespace {

MakeModule block_with(const Json& placement, double drop_path) {
  const Json config{{"type", "block"},
                    {"attention", {{"heads", 3}}},
                    {"ffn", {{"hidden", 17}}},
                    {"placement", placement},
                    {"drop_path", drop_path},
                    {"layer", 1},
                    {"layers", 2}};
  const Spec spec = make_spec(config, layer_registry(), "the block");
  return [=](const Scope& scope) {
    const std::shared_ptr<Module> block = make_layer(scope, spec, {.shape = {1, 1, 33}});
    return std::make_unique<FunctionModule>(scope, [=](Context& ctx, const Var& x) {
      const Scoped condition(ctx.cond, select_position(ctx, x, 0));
      return (*block)(ctx, x);
    });
  };
}

// Which samples stay as they are when the weights of attention and feed-forward change.
std::vector<bool> unmoved_samples(const Json& placement, double drop_path) {
  constexpr int64_t kBatch = 64;
  const auto output = [&](double factor) {
    ParamSet set(DType::kFloat64, 1);
    const auto block = block_with(placement, drop_path)(Scope(set));
    set.materialize();
    for (Param& param : set.params()) {
      const bool gain = param.kind == ParamKind::kGain || param.kind == ParamKind::kScalar;
      if (gain) param.value.fill(1);
      if (param.kind != ParamKind::kWeight) continue;
      double* const values = param.value.data<double>();
      // Away from 0 too, and not along the weights: some placements see directions alone.
      for (int64_t i = 0; i < param.numel(); ++i)
        values[i] += (factor - 1) * std::sin(static_cast<double>(i));
    }
    Context ctx;
    ctx.dtype = DType::kFloat64;
    ctx.training = true;
    return (*block)(ctx, random_input({kBatch, 2, 33})).value.to_vector();
  };
  const std::vector<double> once = output(1), changed = output(2);
  std::vector<bool> unmoved(kBatch, true);
  for (size_t i = 0; i < once.size(); ++i)
    if (once[i] != changed[i]) unmoved[i / (2 * 33)] = false;
  return unmoved;
}

}  // namespace

TEST_CASE("stochastic depth drops the same branches in every placement", "[layers]") {
  const std::vector<bool> expected = unmoved_samples("pre", 0.8);
  const auto dropped = std::count(expected.begin(), expected.end(), true);
  CHECK(dropped > 25);  // 0.8² of 64 are 41
  CHECK(dropped < 56);
  for (const Entry* entry : placement_registry().entries()) {
    INFO(entry->type);
    CHECK(unmoved_samples(entry->type, 0.8) == expected);
    const std::vector<bool> without = unmoved_samples(entry->type, 0);
    CHECK(std::count(without.begin(), without.end(), true) == 0);
  }
}

TEST_CASE("learned gains of branches have right gradients and the same bits for any threads",
          "[layers]") {
  for (const char* placement : {"layer_scale", "skip_init", "re_zero", "fixup", "ngpt", "keel",
                                "hybrid_norm", "ada_zero"}) {
    INFO(placement);
    gradcheck(block_with(placement, 0.3), {.input = {3, 5, 33}});
    check_same_bits(block_with(placement, 0.3), {.input = {4, 150, 33}});
  }
}

}  // namespace norma
