#pragma once

#include "layers/moe/router.h"

namespace norma {

// The experts' rows are kept in tensors of tokens·k rows, as if nothing were dropped, so that every
// step asks for the same memory; the rows behind those in use are zeros.

// One affine map for each expert, applied to that expert's rows: x (tokens·k, in), in the order of
// `routing` → (tokens·k, out). State: `weight` (experts, out, in), `bias` (experts, out).
class ExpertLinear : public Module {
 public:
  ExpertLinear(const Scope& scope, int64_t experts, int64_t in, int64_t out, bool bias,
               std::optional<double> init_std);
  Var operator()(Context& ctx, const Var& x, const Routing& routing);
  int64_t out() const { return weight_->shape[1]; }

 protected:
  Var forward(Context& ctx, const Var& x) override;

 private:
  Param* weight_;
  Param* bias_ = nullptr;
};

// The rows of x (…, C) that the experts read, and the way back: y (…, C) = Σ_j gate_j·row_j, 0
// where a token goes nowhere.
Var dispatch(Context& ctx, const Var& x, const Routing& routing);
Var combine(Context& ctx, const Var& rows, const Var& gates, const Routing& routing,
            const Shape& shape);

}  // namespace norma
