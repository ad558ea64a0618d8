#include "layers/loss.h"

#include <utility>

#include "layers/elementwise.h"

namespace norma {

LossRegistry& loss_registry() {
  static LossRegistry registry("loss");
  return registry;
}

std::unique_ptr<Loss> make_loss(const Spec& spec) { return loss_registry().at(spec.type)(spec); }

LossResult Loss::of(Context& ctx, Logits logits) const {
  const Var output = resolve(ctx, std::move(logits));
  return (*this)(ctx, output);
}

Var MeanLoss::forward(Context& ctx, const Var& output) {
  const LossResult result = (*loss_)(ctx, output);
  return scale(ctx, result.sum, result.weight > 0 ? 1.0 / result.weight : 0.0);
}

}  // namespace norma
