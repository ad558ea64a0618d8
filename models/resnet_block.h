#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layers/conv2d.h"
#include "layers/norms/norm_choice.h"

namespace norma {

// What the blocks of a residual network have in common.
struct ResidualBlockOptions {
  std::string block = "basic", activation = "relu", residual = "plain";
  SpecChoice norm{Spec{"batch_norm"}};
  Spec reparam;        // of every convolution
  int64_t blocks = 1;  // in all

  bool preact() const { return block == "preact"; }
  // Whether convolutions have norms; else they have biases.
  bool has_norms() const {
    return residual == "plain" || residual == "re_zero" || residual == "layer_scale";
  }
  bool is_fixup() const { return residual == "fixup"; }
};

// Where a block stands.
struct ResidualBlockSite {
  int64_t number, in, out, stride;
  double drop_path;
};

// Two convolutions beside a shortcut, which is a strided 1×1 convolution where the shape changes.
// How the branch joins is the `residual` scheme's:
//   plain        added
//   re_zero      times a scalar that starts at 0 (Bachlechner et al. 2020, arXiv:2003.04887)
//   layer_scale  times a gain a channel that starts at 1e-5 (Touvron et al. 2021, arXiv:2103.17239)
//   skip_init    as re_zero, without norms (De, Smith 2020, arXiv:2002.10444)
//   fixup        without norms, scalar biases and a multiplier, small and zero starts (Zhang,
//                Dauphin, Ma 2019, arXiv:1901.09321, as its authors' code for small images)
class ResidualBlock : public Module {
 public:
  ResidualBlock(const Scope& scope, const ResidualBlockOptions& options,
                const ResidualBlockSite& site);

 protected:
  Var forward(Context& ctx, const Var& x) override;

 private:
  void make_fixup(const Scope& scope);
  Var basic(Context& ctx, const Var& x);
  Var preactivated(Context& ctx, const Var& x);
  Var fixup(Context& ctx, const Var& x);
  // act(norm(x)), without the norm where there is none.
  Var normed(Context& ctx, Norm* norm, const Var& x) const;
  // shortcut + drop·gain·branch.
  Var joined(Context& ctx, const Var& shortcut, const Var& branch, const Tensor& drop) const;

  bool preact_, fixup_;
  Activation activation_;
  double drop_path_;
  std::unique_ptr<Conv2d> conv1_, conv2_, downsample_;
  std::unique_ptr<Norm> norm1_, norm2_, downsample_norm_;
  Param* gain_ = nullptr;
  Param *bias1a_ = nullptr, *bias1b_ = nullptr, *bias2a_ = nullptr, *bias2b_ = nullptr;
};

}  // namespace norma
