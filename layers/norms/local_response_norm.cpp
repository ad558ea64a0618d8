// Local response normalization: every channel is divided by a power of the squares of its
// neighbours in the order of channels. Krizhevsky, Sutskever, Hinton 2012, "ImageNet Classification
// with Deep Convolutional Neural Networks"; as torch.nn.LocalResponseNorm.
//
// A loop of its own: every channel has a window of its own, so there is no domain that shares a
// statistic, and no table between moments and map.
#include "core/kernels/local_response.h"

#include <cmath>

#include "layers/norms/composed_norm.h"
#include "layers/norms/gradient_parts.h"

namespace norma {
namespace {

struct LocalResponseOptions {
  int64_t size = 5;
  double alpha = 1e-4, beta = 0.75, k = 1;
  void describe(Fields& f) {
    f.integer("size", size, "channels in a window", {.min = 1});
    f.number("alpha", alpha, "weight of the mean of the window's squares", {.min = 0});
    f.number("beta", beta, "exponent", {.min = 0});
    f.number("k", k, "added to the weighted mean", {.above = 0});
  }
};

struct LocalResponseOp final : NamedOp<LocalResponseOp> {
  static constexpr const char* kName = "norm";
  LocalResponseOptions options;
  const Norm* norm = nullptr;
  Tensor x, mask;

  template <class T>
  kernels::LocalResponse<T> driver() const {
    return {.rows = x.rows(),
            .channels = x.shape().back(),
            .size = options.size,
            .alpha = options.alpha,
            .beta = options.beta,
            .k = options.k,
            .mask = mask ? mask.data<uint8_t>() : nullptr,
            .x = x.data<T>()};
  }
  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    const Tensor dx = Tensor::empty(x.shape(), x.dtype());
    with_float_type(x.dtype(), [&]<class T>() {
      kernels::local_response_backward(driver<T>(), dy.data<T>(), dx.data<T>());
    });
    if (NormObserver* const watching = norm_observer(grads))
      watching->on_norm_backward(norm->path(), parts(dy));
    grads.give(0, dx);
  }
  GradientParts parts(const Tensor& dy) const;
};

// What passes on is dy times the factor of its element; all else comes back through the windows,
// along x.
GradientParts LocalResponseOp::parts(const Tensor& dy) const {
  LocalResponseOp wide = *this;
  wide.x = x.to(DType::kFloat64);
  const Tensor wide_dy = dy.to(DType::kFloat64), y = wide_dy.clone(), dx = wide_dy.clone();
  const auto run = wide.driver<double>();
  kernels::local_response(run, y.data<double>());
  kernels::local_response_backward(run, wide_dy.data<double>(), dx.data<double>());

  GradientParts made{.type = norm->type(), .projection = Projection::kWindows};
  for (Tensor* const term : {&made.direct_term, &made.one_term, &made.u_term})
    *term = Tensor::zeros(x.shape(), DType::kFloat64);
  std::vector<double> gains;
  const int64_t channels = x.shape().back();
  for (int64_t i = 0; i < x.numel(); ++i) {
    if (mask && !mask.data<uint8_t>()[i / channels]) continue;
    const double here = wide.x.data<double>()[i], given = wide_dy.data<double>()[i];
    const double all = dx.data<double>()[i];
    const double direct = here == 0 ? all : given * (y.data<double>()[i] / here);
    if (here != 0) gains.push_back(y.data<double>()[i] / here);
    made.direct_term.data<double>()[i] = direct;
    made.u_term.data<double>()[i] = all - direct;
    made.incoming += given * given;
    made.direct += direct * direct;
    made.along_u += (all - direct) * (all - direct);
    made.outgoing += all * all;
    ++made.elements;
  }
  made.through_gamma = made.incoming;
  for (double* const length :
       {&made.incoming, &made.through_gamma, &made.direct, &made.along_u, &made.outgoing})
    *length = std::sqrt(*length);
  made.gain = spread_of(gains);
  return made;
}

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
