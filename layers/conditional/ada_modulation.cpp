#include "layers/conditional/ada_modulation.h"

#include <algorithm>

#include "layers/activation.h"
#include "layers/conditional/modulate.h"

namespace norma {
namespace {

// C columns of x (B,D) from `first` on, in float64.
Tensor columns_of(const Tensor& x, int64_t first, int64_t columns) {
  const int64_t rows = x.rows(), width = x.shape().back();
  const Tensor wide = x.to(DType::kFloat64), cut = Tensor::empty({rows, columns}, DType::kFloat64);
  for (int64_t row = 0; row < rows; ++row)
    std::copy_n(wide.data<double>() + row * width + first, columns,
                cut.data<double>() + row * columns);
  return cut;
}

}  // namespace

AdaModulation::AdaModulation(const Scope& scope, const Options& options)
    : channels_(options.channels),
      map_(scope, options.cond, (options.gate ? 3 : 2) * options.channels, true,
           options.zero ? std::optional(Init::constant(0)) : std::nullopt) {}

Var AdaModulation::of(Context& ctx, const Var& cond) {
  return map_(ctx, activation(ctx, Activation::kSilu, cond));
}

Var AdaModulation::modulated(Context& ctx, const Var& x, const Var& modulation) const {
  return modulate(ctx, x, 1, {&modulation, channels_}, {&modulation, 0});
}

Var AdaModulation::gated(Context& ctx, const Var& branch, const Var& modulation) const {
  const int64_t first = 2 * channels_;
  ctx.show("gate", [&] { return columns_of(modulation.value, first, channels_); });
  return modulate(ctx, branch, 0, {&modulation, first});
}

}  // namespace norma
