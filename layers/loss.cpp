#include "layers/loss.h"

#include "layers/elementwise.h"

namespace norma {

LossRegistry& loss_registry() {
  static LossRegistry registry("loss");
  return registry;
}

std::unique_ptr<Loss> make_loss(const Spec& spec) { return loss_registry().at(spec.type)(spec); }

Var MeanLoss::forward(Context& ctx, const Var& output) {
  const LossResult result = (*loss_)(ctx, output);
  return scale(ctx, result.sum, result.weight > 0 ? 1.0 / result.weight : 0.0);
}

}  // namespace norma
