#include <memory>
#include <nlohmann/json.hpp>

#include "apps/bench/families.h"
#include "apps/bench/forward_backward.h"
#include "apps/bench/models.h"
#include "layers/activation.h"
#include "layers/elementwise.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

using Forward = ForwardBackward::Forward;

// Hands on one of two values and gives the gradient to both, as where a block's sum goes on beside
// the norm that reads it.
struct BothReadOp final : NamedOp<BothReadOp> {
  static constexpr const char* kName = "both_read";
  void backward(Grads& grads) override {
    const Tensor dy = grads.take_out();
    grads.give(0, dy);
    grads.give(1, dy);
  }
};
Var both_read(Context& ctx, const Var& a, const Var& b) {
  Var out{b.value};
  ctx.record<BothReadOp>({&a, &b}, {}, {&out});
  return out;
}

// norm(x + branch), in one pass or one after the other.
Forward residual(std::shared_ptr<Norm> norm, Tensor branch, bool fused) {
  return [=](Context& ctx, const Var& x) {
    const Stream sum = add_branch(ctx, resolved(x), ctx.tape->leaf(branch));
    if (fused) {
      const auto [stream, y] = norm->on_stream(ctx, sum);
      return both_read(ctx, stream.base, y);
    }
    const Var added = resolve(ctx, sum);
    return both_read(ctx, added, (*norm)(ctx, added));
  };
}

// ReLU(norm(x) + shortcut), likewise.
Forward shortcut_relu(std::shared_ptr<Norm> norm, Tensor shortcut, bool fused) {
  return [=](Context& ctx, const Var& x) {
    const Var beside = ctx.tape->leaf(shortcut);
    if (fused) return norm->with_activation(ctx, x, &beside, Activation::kRelu);
    return activation(ctx, Activation::kRelu, add(ctx, (*norm)(ctx, x), beside));
  };
}

// A norm between its neighbours.
struct Fusion {
  const char* name;
  const BenchModel& model;  // its norm is taken
  Shape shape;
  const char* shape_name;
  Forward (*forward)(std::shared_ptr<Norm> norm, Tensor beside, bool fused);
  int tensors;  // that must be moved, forward and backward
  int held;     // tensors that it goes through
  bool large = false;
};

Spec norm_of(const BenchModel& model) {
  return make_spec(model.spec().options->at("norm"), norm_registry(), model.name);
}

Work work_of(const Fusion& at, bool fused) {
  const Tensor x = normal_tensor(at.shape, 1), beside = normal_tensor(at.shape, 2);
  const auto run = std::make_shared<ForwardBackward>(
      [&](const Scope& scope) {
        return at.forward(make_norm(scope, norm_of(at.model), at.shape.back()), beside, fused);
      },
      x, normal_tensor(at.shape, 3));
  const double bytes = static_cast<double>(x.bytes());
  return {.run = [run] { (*run)(); }, .bytes = at.tensors * bytes, .working_set = at.held * bytes};
}

}  // namespace

std::vector<BenchCase> fusion_cases() {
  const BenchModel &gpt = bench_models().front(), &resnet = bench_models().back();
  // Sum: base, branch, the sum itself and y; the sum, dy, what reaches the sum, dx. Shortcut: x for
  // its moments, x, shortcut, y; x, dy, y, the gradient before ReLU; x, that gradient, dx.
  const Fusion fusions[] = {
      {"residual", gpt, {4096, 256}, "4096x256", residual, 4 + 4, 7},
      {"residual", gpt, {8192, 1024}, "8192x1024", residual, 4 + 4, 7, true},
      {"shortcut_relu", resnet, {32, 32, 32, 64}, "32x64x32x32", shortcut_relu, 4 + 7, 6},
      {"shortcut_relu", resnet, {128, 32, 32, 64}, "128x64x32x32", shortcut_relu, 4 + 7, 6, true}};
  std::vector<BenchCase> cases;
  for (const Fusion& at : fusions)
    for (const bool fused : {true, false})
      cases.push_back({.name = std::string("fusion/") + at.name + "_" + norm_of(at.model).type +
                               "/" + at.shape_name + (fused ? "" : "/separate"),
                       .make = [=] { return work_of(at, fused); },
                       .large = at.large});
  return cases;
}

}  // namespace norma
