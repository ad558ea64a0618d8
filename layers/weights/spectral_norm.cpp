// Spectral normalization: a weight divided by its largest singular value σ, so that the layer
// stretches no input by more than 1.
// Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks",
// arXiv:1802.05957; steps and state as in torch.nn.utils.parametrizations.spectral_norm.
// Not a row formula: σ belongs to the whole matrix and is found by power iteration, whose vectors u
// and v are state. The gradient takes them as given: dσ = uᵀ dW v.
#include <cmath>

#include "core/kernels/add.h"
#include "core/kernels/dot.h"
#include "core/kernels/scale_samples.h"
#include "layers/weights/cached_reparam.h"
#include "layers/weights/power_iteration.h"

namespace norma {
namespace {

struct SpectralValues {
  Tensor weight, u, v;
  double sigma = 0;
};

class SpectralNorm final : public CachedReparam<SpectralValues> {
 public:
  struct Options {
    int64_t iterations = 1;
    double eps = 1e-12;
    void describe(Fields& f) {
      f.integer("iterations", iterations, "steps of the power iteration in each training forward",
                {.min = 0});
      f.number("eps", eps, "least length that u and v are divided by", {.min = 0});
    }
  };
  static constexpr const char* kType = "spectral_norm";
  static constexpr int64_t kStepsAtStart = 15;
  SpectralNorm(const Scope& scope, const Options& options, const Shape& shape, const Init& init)
      : CachedReparam(scope, "weight", shape, init),
        options_(options),
        u_(&scope.buffer("u", {shape[0]}, 0.0)),
        v_(&scope.buffer("v", {shape.numel() / shape[0]}, 0.0)) {
    refuse_zero_start(scope, kType, init);
    scope.when_materialized([this](uint64_t seed) {
      draw_direction(v_->value, seed, v_->name);
      iterate(kStepsAtStart);
    });
  }

  // dW += dweight/σ − (Σ dweight·weight)/σ · u vᵀ.
  void backward(const SpectralValues& values, const Tensor& dweight) const override {
    const Tensor& dw = leaf().grad;
    const double inner = with_float_type(dw.dtype(), [&]<class T>() {
      kernels::add_samples<T>(dw.data<T>(), dweight.data<T>(), static_cast<T>(1 / values.sigma),
                              nullptr, 1, dw.numel(), dw.data<T>());
      return kernels::dot(dweight.data<T>(), values.weight.data<T>(), dw.numel());
    });
    add_outer_product(dw, -inner / values.sigma, values.u, values.v);
  }

  // The one cell is the matrix, x̂ its direction; what is taken out has rank one, along u vᵀ.
  GradientParts parts(const SpectralValues& values, const Tensor& dweight) const override {
    const auto wide = [](const Tensor& tensor) { return tensor.to(DType::kFloat64); };
    const auto dot = [](const Tensor& a, const Tensor& b) {
      return kernels::dot(a.data<double>(), b.data<double>(), a.numel());
    };
    const Tensor incoming = wide(dweight), w = wide(leaf().value);
    const double n = static_cast<double>(w.numel()), gain = 1 / values.sigma;
    GradientParts made{.type = kType, .of_weight = true, .projection = Projection::kOblique};
    made.direct_term = Tensor::empty(w.shape(), DType::kFloat64);
    made.one_term = Tensor::zeros(w.shape(), DType::kFloat64);
    made.u_term = Tensor::zeros(w.shape(), DType::kFloat64);
    kernels::scale_samples<double>(incoming.data<double>(), gain, nullptr, 1, w.numel(),
                                   made.direct_term.data<double>());
    add_outer_product(made.u_term, -gain * gain * dot(incoming, w), wide(values.u), wide(values.v));
    const Tensor dw = made.direct_term.clone();
    kernels::add_to(dw.data<double>(), made.u_term.data<double>(), dw.numel());
    made.elements = w.numel();
    made.cells = 1;
    made.incoming = made.through_gamma = std::sqrt(dot(incoming, incoming));
    made.direct = gain * made.incoming;
    made.along_u = std::sqrt(dot(made.u_term, made.u_term));
    made.outgoing = std::sqrt(dot(dw, dw));
    made.gain = spread_of({gain});
    const double along = dot(made.direct_term, w), size = dot(w, w);
    made.u = {.share = along * along / (size * made.direct * made.direct),
              .baseline = 1 / n,
              .left = std::abs(dot(dw, w) / along),
              .predicted = 0};
    return made;
  }

 protected:
  SpectralValues values() const override {
    const Tensor& w = leaf().value;
    SpectralValues made{.weight = Tensor::empty(w.shape(), w.dtype()),
                        .u = u_->value.clone(),
                        .v = v_->value.clone(),
                        .sigma = singular_value(w, u_->value, v_->value)};
    with_float_type(w.dtype(), [&]<class T>() {
      kernels::scale_samples<T>(w.data<T>(), static_cast<T>(1 / made.sigma), nullptr, 1, w.numel(),
                                made.weight.data<T>());
    });
    return made;
  }

  bool advance(Context& ctx) override {
    if (!ctx.training || options_.iterations == 0) return false;
    ctx.count_flops(4.0 * static_cast<double>(options_.iterations * leaf().numel()));
    bool moved = false;  // a replay finds the vectors that the first run left
    ctx.commit([&] { iterate(options_.iterations), moved = true; });
    return moved;
  }

 private:
  void iterate(int64_t steps) const {
    iterate_power(leaf().value, u_->value, v_->value, steps, options_.eps);
  }
  Options options_;
  Buffer *u_, *v_;
};

const RegisterReparam<SpectralNorm> registered_spectral_norm(
    SpectralNorm::kType, "w/σ(w), σ the largest singular value",
    "Miyato et al. 2018, arXiv:1802.05957; torch.nn.utils.parametrizations.spectral_norm");

}  // namespace
}  // namespace norma
