// Several norms side by side, mixed by learned weights: Σ pᵢ normᵢ(x) with p the softmax of one
// logit a norm. Norma's own; the mixing is that of Luo et al. 2018, "Differentiable
// Learning-to-Normalize via Switchable Normalization", arXiv:1806.10779, of outputs instead of
// moments, so that norms of any kind can take part.
#include <algorithm>
#include <cmath>

#include "core/kernels/dot.h"
#include "core/kernels/scale_samples.h"
#include "layers/norms/several_norms.h"

namespace norma {
namespace {

// Float64.
Tensor softmax(const Tensor& logits) {
  const Tensor made = logits.to(DType::kFloat64);
  double* const p = made.data<double>();
  const int64_t count = made.numel();
  const double most = *std::max_element(p, p + count);
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += p[i] = std::exp(p[i] - most);
  for (int64_t i = 0; i < count; ++i) p[i] /= sum;
  return made;
}

// sum + pᵢ·y, or pᵢ·y alone.
struct MixOp final : NamedOp<MixOp> {
  static constexpr const char* kName = "mix";
  Tensor y, mask, p;
  Param* logits = nullptr;
  int64_t i = 0;

  void backward(Grads& grads) override {
    Tensor dsum = grads.take_out();
    const Tensor dy = Tensor::empty(dsum.shape(), dsum.dtype());
    const double* const all = p.data<double>();
    with_float_type(dsum.dtype(), [&]<class T>() {
      const T* const no_drop = nullptr;
      kernels::scale_samples(dsum.data<T>(), static_cast<T>(all[i]), no_drop, 1, dsum.numel(),
                             dy.data<T>());
      const double dp = kernels::dot_rows(dsum.data<T>(), y.data<T>(), y.rows(), y.shape().back(),
                                          mask ? mask.data<uint8_t>() : nullptr);
      for (int64_t j = 0; j < p.numel(); ++j)
        logits->grad.data<T>()[j] += static_cast<T>(dp * all[i] * ((i == j ? 1.0 : 0.0) - all[j]));
    });
    grads.give(1, dy);
    if (i > 0) grads.give(0, std::move(dsum));
  }
};

class Mixture final : public ComposedNorm {
 public:
  struct Options : SeveralNorms {
    Options() { norms = {Spec{"layer_norm"}, Spec{"rms_norm"}}; }
    void describe(Fields& f) { describe_norms(f, "the norms to mix"); }
  };
  static NormDefinition traits(const Options& options) { return options.traits(); }
  Mixture(const Scope& scope, const Options& options, int64_t channels, bool affine)
      : ComposedNorm(scope, "mixture", traits(options), channels),
        norms_(options.make(scope, channels, affine)),
        logits_(scope.param("logits", {static_cast<int64_t>(norms_.size())}, ParamKind::kScalar,
                            Init::constant(0))) {}

 protected:
  Var forward(Context& ctx, const Var& x) override {
    const Tensor p = softmax(logits_.value);
    Var sum;
    for (int64_t i = 0; i < p.numel(); ++i)
      sum = add(ctx, sum, (*norms_[static_cast<size_t>(i)])(ctx, x), p, i);
    return sum;
  }

 private:
  Var add(Context& ctx, const Var& before, const Var& y, const Tensor& p, int64_t i) {
    Var sum{Tensor::empty(y.shape(), y.value.dtype())};
    with_float_type(y.value.dtype(), [&]<class T>() {
      const T* const no_drop = nullptr;
      const T share = static_cast<T>(p.data<double>()[i]);
      const int64_t size = y.value.numel();
      if (i == 0)
        kernels::scale_samples(y.value.data<T>(), share, no_drop, 1, size, sum.value.data<T>());
      else
        kernels::add_samples(before.value.data<T>(), y.value.data<T>(), share, no_drop, 1, size,
                             sum.value.data<T>());
    });
    if (auto* op = ctx.record<MixOp>({i == 0 ? nullptr : &before, &y}, {&logits_}, {&sum})) {
      op->y = y.value;
      op->mask = mask_for(ctx, y.shape());
      op->logits = &logits_;
      op->p = p;
      op->i = i;
    }
    return sum;
  }

  std::vector<std::unique_ptr<Norm>> norms_;
  Param& logits_;
};

const RegisterComposedNorm<Mixture> registered("mixture", "Σ pᵢ normᵢ(x), p = softmax(logits)", "");

}  // namespace
}  // namespace norma
