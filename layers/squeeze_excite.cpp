#include "layers/squeeze_excite.h"

#include <algorithm>

#include "layers/activation.h"
#include "layers/conditional/modulate.h"
#include "layers/layer_error.h"
#include "layers/pooling.h"

namespace norma {
namespace {

int64_t hidden_of(double ratio, int64_t channels) {
  return std::max<int64_t>(1, static_cast<int64_t>(ratio * static_cast<double>(channels)));
}

}  // namespace

Var scale_channels(Context& ctx, const Var& x, const Var& gate, double factor) {
  const Nsc size = nsc_of(x.shape());
  if (x.shape().rank() < 3 || gate.value.numel() != size.n * size.c)
    layer_error(ctx, "scale_channels",
                "a gate of shape " + gate.shape().str() + " does not fit an input of shape " +
                    x.shape().str());
  return modulate(ctx, x, 0, {&gate}, {}, factor);
}

void SqueezeExcite::Options::describe(Fields& f) {
  f.number("ratio", ratio, "features between the two products, as a share of the channels",
           {.above = 0});
  f.number("factor", factor, "what the gates are multiplied by", {.above = 0});
}

SqueezeExcite::SqueezeExcite(const Scope& scope, const Options& options, int64_t channels)
    : Module(scope),
      factor_(options.factor),
      reduce_(scope / "reduce", channels, hidden_of(options.ratio, channels)),
      expand_(scope / "expand", hidden_of(options.ratio, channels), channels) {}

Var SqueezeExcite::forward(Context& ctx, const Var& x) {
  const Var hidden = activation(ctx, Activation::kRelu, reduce_(ctx, global_avg_pool(ctx, x)));
  const Var gate = activation(ctx, Activation::kSigmoid, expand_(ctx, hidden));
  return scale_channels(ctx, x, gate, factor_);
}

namespace {
const RegisterLayer<SqueezeExcite> registered_squeeze_excite(
    "squeeze_excite", "channels times gates that their means decide",
    "Hu, Shen, Sun 2017, arXiv:1709.01507");
}  // namespace

}  // namespace norma
