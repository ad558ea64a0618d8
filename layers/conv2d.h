#pragma once

#include <optional>

#include "core/conv.h"
#include "layers/layer_registry.h"
#include "layers/weights/reparam.h"

namespace norma {

// A two-dimensional convolution of channels-last images (B,H,W,C) → (B,H',W',out). State: `weight`
// (out, C/groups, kernel, kernel), or what its re-parametrization learns instead; `bias` (out).
class Conv2d : public Module {
 public:
  struct Options {
    int64_t out = 1, kernel = 3, stride = 1, padding = 0, dilation = 1, groups = 1;
    bool bias = true;
    Spec reparam = {};
    void describe(Fields& f);
  };
  // Without `init`, weight and bias are uniform within ±1/√fan_in, PyTorch's default; with it, the
  // weight is drawn by `init` and the bias starts at zero.
  Conv2d(const Scope& scope, const Options& options, int64_t in, std::optional<Init> init = {});
  Conv2d(const Scope& scope, const Options& options, const LayerInput& input);

  // The deviation that keeps variances through ReLU, by the fan of the output (He et al. 2015,
  // arXiv:1502.01852), as residual networks are usually started.
  static Init he_normal(int64_t out, int64_t kernel);

 protected:
  Var forward(Context& ctx, const Var& x) override;

 private:
  friend struct Conv2dOp;
  Conv2dShape shape_for(const Var& x) const;
  Options options_;
  int64_t in_;
  Weight weight_;
  Param* bias_ = nullptr;
  ConvWeights packed_;
};

}  // namespace norma
