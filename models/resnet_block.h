#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layers/conv2d.h"
#include "layers/norms/norm_choice.h"
#include "models/residual/scheme.h"

namespace norma {

// What the blocks of a residual network have in common.
struct ResidualBlockOptions {
  std::string block = "basic", activation = "relu";
  Spec residual{"plain"};
  SpecChoice norm{Spec{"batch_norm"}};
  Spec reparam;        // of every convolution
  int64_t blocks = 1;  // in all

  bool preact() const { return block == "preact"; }
  const ResidualScheme& scheme() const { return residual_scheme_registry().at(residual.type); }
};

// Where a block stands.
struct ResidualBlockSite {
  int64_t number, in, out, stride;
  double drop_path;
};

// Two convolutions beside a shortcut, which is a strided 1×1 convolution where the shape changes.
// How the branch joins is the `residual` scheme's (models/residual/). State: `conv1.*`, `norm1.*`,
// `conv2.*`, `norm2.*`, `downsample.*`, and by scheme `scale`, `bias1a`, `bias1b`, `bias2a`,
// `bias2b`.
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
  Var looked_at(Context& ctx, const Var& branch);
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
