// Local response normalization: every channel is divided by a power of the squares of its
// neighbours in the order of channels. Krizhevsky, Sutskever, Hinton 2012, "ImageNet Classification
// with Deep Convolutional Neural Networks"; as torch.nn.LocalResponseNorm.
//
// A loop of its own: every channel has a window of its own, so there is no domain that shares a
// statistic, and no table between moments and map.
#include "layers/norms/composed_norm.h"
#include "layers/norms/local_response_op.h"

namespace norma {
namespace {

struct LocalResponseOptions : ResponseWindow {
  void describe(Fields& f) {
    f.integer("size", size, "channels in a window", {.min = 1});
    f.number("alpha", alpha, "weight of the mean of the window's squares", {.min = 0});
    f.number("beta", beta, "exponent", {.min = 0});
    f.number("k", k, "added to the weighted mean", {.above = 0});
  }
};

class LocalResponseNorm final : public ComposedNorm {
 public:
  using Options = LocalResponseOptions;
  static NormDefinition traits(const Options&) {
    NormDefinition row;
    row.domain = Domain::row();
    row.centred = false;
    return row;
  }
  LocalResponseNorm(const Scope& scope, const Options& options, int64_t channels, bool)
      : ComposedNorm(scope, "local_response_norm", traits(options), channels), options_(options) {}

 protected:
  Var forward(Context& ctx, const Var& x) override {
    LocalResponseOp op;
    op.options = options_;
    op.norm = this;
    op.x = x.value;
    op.mask = mask_for(ctx, x.shape());
    Var y{Tensor::empty(x.shape(), x.value.dtype())};
    with_float_type(x.value.dtype(),
                    [&]<class T>() { kernels::local_response(op.driver<T>(), y.value.data<T>()); });
    if (auto* node = ctx.record<LocalResponseOp>({&x}, {}, {&y})) *node = std::move(op);
    return y;
  }

 private:
  Options options_;
};

const RegisterComposedNorm<LocalResponseNorm> registered_local_response_norm(
    "local_response_norm", "x (k + α/n Σ x²)^−β over n neighbouring channels",
    "Krizhevsky, Sutskever, Hinton 2012; torch.nn.LocalResponseNorm");

}  // namespace
}  // namespace norma
