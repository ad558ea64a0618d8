#include "layers/logits.h"

#include <utility>

#include "layers/column_gain.h"
#include "layers/soft_cap.h"

namespace norma {

Var resolve(Context& ctx, Logits logits) {
  const PathScope here(ctx, logits.path ? *logits.path : ctx.path());
  Var y = std::move(logits.features);
  if (logits.head) y = (*logits.head)(ctx, y);
  if (logits.gain) y = column_gain(ctx, y, *logits.gain, logits.gain_factor);
  return logits.soft_cap ? soft_cap(ctx, std::move(y), *logits.soft_cap) : y;
}

}  // namespace norma
