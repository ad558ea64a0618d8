#pragma once

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/kernels/activation.h"
#include "layers/conv2d.h"
#include "layers/squeeze_excite.h"

namespace norma {

// Residual blocks without norms (Brock, De, Smith 2021, arXiv:2101.08692; NFNet: Brock, De, Smith,
// Simonyan 2021, arXiv:2102.06171):
//   x ← shortcut(x) + α·g·F(x/β),  F = conv ∘ act ∘ … ∘ conv ∘ act
// with standardized weights, a gain g that starts at 0, and β² the variance of x expected at the
// start. As in the first paper the activation reads x/β; the second's code multiplies behind it,
// which is the same for ReLU. What activations lose of the variance is made good in the weights.
struct NfOptions {
  std::string block = "basic", activation = "relu";
  std::optional<int64_t> group_width;
  double alpha = 0.2, skip_gain = 0;
  std::optional<double> squeeze_excite;
  Spec reparam{"scaled_weight_standardization"};
  void describe(Fields& f);
  // The re-parametrization of a convolution that reads what this activation leaves.
  Spec reparam_behind(const std::string& activation) const;
};

// β² from block to block: it grows by α², and a convolution of the normalized x as shortcut sets it
// back to 1 first.
class ExpectedVariance {
 public:
  explicit ExpectedVariance(double alpha) : growth_(alpha * alpha) {}
  double deviation() const { return std::sqrt(variance_); }
  void pass_block(bool resets) { variance_ = (resets ? 1 : variance_) + growth_; }

 private:
  double growth_, variance_ = 1;
};

// Where a block stands.
struct NfSite {
  int64_t in, out, stride;
  double deviation;  // β
  double drop_path;
  bool resets() const { return in != out || stride > 1; }
};

// A convolution with standardized weights and a bias.
std::unique_ptr<Conv2d> nf_conv(const Scope& scope, const Conv2d::Options& options, int64_t in);

// State: `conv1.*`, `conv2.*` …, `downsample.*`, `squeeze_excite.*`, `skip_gain`.
class NfBlock : public Module {
 public:
  NfBlock(const Scope& scope, const NfOptions& options, const NfSite& site);

 protected:
  Var forward(Context& ctx, const Var& x) override;

 private:
  Var shortcut_of(Context& ctx, const Var& x, const Var& active);
  Activation activation_;
  bool pooled_shortcut_;
  NfSite site_;
  double alpha_;
  Param& skip_gain_;
  std::vector<std::unique_ptr<Conv2d>> convs_;
  std::unique_ptr<Conv2d> downsample_;
  std::optional<SqueezeExcite> squeeze_excite_;
};

}  // namespace norma
