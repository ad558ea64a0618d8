#include "layers/norms/composed_norm.h"

#include "layers/activation.h"

namespace norma {

std::pair<Stream, Var> ComposedNorm::on_stream(Context& ctx, const Stream& stream) {
  Stream sum = stream;
  sum.base = resolve(ctx, stream);
  sum.branch = {};
  sum.scale = 1;
  sum.drop = {};
  check_input(sum.base);
  Var y = (*this)(ctx, sum.base);
  return {std::move(sum), std::move(y)};
}

Var ComposedNorm::with_activation(Context& ctx, const Var& x, const Var* shortcut,
                                  Activation activation) {
  check_input(x);
  Var y = (*this)(ctx, x);
  if (shortcut) y = resolve(ctx, Stream{.base = y, .branch = *shortcut, .drop = {}});
  return activation == Activation::kIdentity ? y : norma::activation(ctx, activation, y);
}

}  // namespace norma
