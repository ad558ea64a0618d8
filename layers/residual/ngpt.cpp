// N(N(x) + |α| ⊙ (N(F(x)) − N(x))), N(x) = x/‖x‖: the stream moves over the unit sphere towards
// what a sublayer proposes, every channel at a learned rate α. Weights have length 1 along the
// features of the stream, renewed after each optimizer step; queries, keys, the feed-forward's
// input and the logits have learned gains (`unit_sphere` in recipe.h). Loshchilov, Hsieh, Sun,
// Ginsburg 2024 (nGPT), arXiv:2410.01131, with the constants of NVIDIA/ngpt.
#include "core/kernels/column_sum.h"
#include "core/kernels/sphere_step.h"
#include "layers/norms/unit_norm.h"
#include "layers/residual/placement.h"

namespace norma {
namespace {

struct SphereStepOp final : NamedOp<SphereStepOp> {
  static constexpr const char* kName = "sphere_step";
  Tensor from, to, drop;
  Param* alpha = nullptr;
  double factor = 1;

  template <class T>
  kernels::SphereStep<T> shape() const {
    return {.samples = from.shape()[0],
            .positions = from.rows() / from.shape()[0],
            .channels = from.shape().back(),
            .factor = static_cast<T>(factor),
            .alpha = alpha->value.data<T>(),
            .drop = drop ? drop.data<T>() : nullptr};
  }

  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    const Tensor dfrom = Tensor::empty(dy.shape(), dy.dtype());
    const Tensor dto = Tensor::empty(dy.shape(), dy.dtype());
    const Tensor scratch = Tensor::empty(
        {kernels::column_sum_scratch(from.rows(), from.shape().back())}, DType::kFloat64);
    with_float_type(dy.dtype(), [&]<class T>() {
      kernels::sphere_step_backward(shape<T>(), from.data<T>(), to.data<T>(), dy.data<T>(),
                                    dfrom.data<T>(), dto.data<T>(), alpha->grad.data<T>(),
                                    scratch.data<double>());
    });
    grads.give(0, dfrom);
    grads.give(1, dto);
  }
};

class Ngpt final : public SublayerPlacement {
 public:
  struct Options {
    double rate = 0.05;
    void describe(Fields& f) { f.number("rate", rate, "initial value of |α|", {.above = 0}); }
  };
  // α is stored as 1/√width at the start, so that it learns at the pace of the weights.
  Ngpt(const Options& options, const SublayerSite& site)
      : SublayerPlacement(site),
        factor_(options.rate * std::sqrt(static_cast<double>(site.width))),
        alpha_(site.block.param(site.name + "_rate", {site.width}, ParamKind::kGain,
                                Init::constant(options.rate / factor_))),
        unit_(make_unit_norm(site.block / (site.name + "_unit"), site.width)) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    // Only what enters the first block still has another length: steps end on the sphere.
    const Var entering = resolve(ctx, stream);
    const Var x = stream.unit ? entering : (*unit_)(ctx, entering);
    SphereStepOp op;
    op.drop = drop(ctx, x);
    const Var target = (*unit_)(ctx, sublayer(ctx, x));
    op.from = x.value;
    op.to = target.value;
    op.alpha = &alpha_;
    op.factor = factor_;
    Var y{Tensor::empty(x.shape(), x.value.dtype())};
    with_float_type(y.value.dtype(), [&]<class T>() {
      kernels::sphere_step(op.shape<T>(), op.from.data<T>(), op.to.data<T>(), y.value.data<T>());
    });
    if (auto* node = ctx.record<SphereStepOp>({&x, &target}, {&alpha_}, {&y}))
      *node = std::move(op);
    Stream moved = resolved((*unit_)(ctx, y));
    moved.unit = true;
    return moved;
  }

 private:
  double factor_;
  Param& alpha_;
  std::unique_ptr<Norm> unit_;
};

Recipe ngpt_recipe(const Ngpt::Options&, const Stack& stack) {
  // Lengths are set to 1 at once: only directions are drawn.
  return {.init = InitialDeviations::all(stack.init_std),
          .block_norms = false,
          .final_norm = false,
          .unit_sphere = true};
}

const RegisterPlacement<Ngpt> registered_ngpt("ngpt",
                                              "N(x + |α| ⊙ (N(F(x)) − x)) on the unit sphere",
                                              "Loshchilov et al. 2024, arXiv:2410.01131",
                                              ngpt_recipe);

}  // namespace
}  // namespace norma
