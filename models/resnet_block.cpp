#include "models/resnet_block.h"

#include <cmath>

#include "layers/activation.h"
#include "layers/column_gain.h"
#include "layers/dropout.h"
#include "layers/offset.h"
#include "layers/residual/gained_add.h"
#include "layers/residual/joins.h"

namespace norma {
namespace {

// A convolution started for ReLU. Behind a norm it would need no bias of its own.
std::unique_ptr<Conv2d> conv(const Scope& scope, const Conv2d::Options& shape, int64_t in,
                             double init_scale = 1) {
  Conv2d::Options options = shape;
  options.padding = shape.kernel / 2;
  Init init = Conv2d::he_normal(shape.out, shape.kernel);
  init.scale *= init_scale;
  return std::make_unique<Conv2d>(scope, options, in, init);
}

}  // namespace

ResidualBlock::ResidualBlock(const Scope& scope, const ResidualBlockOptions& options,
                             const ResidualBlockSite& site)
    : Module(scope),
      preact_(options.preact()),
      fixup_(options.scheme().fixup),
      activation_(*activation_from_name(options.activation)),
      drop_path_(site.drop_path) {
  const auto& [number, in, out, stride, drop_path] = site;
  const ResidualScheme& scheme = options.scheme();
  const bool bias = !scheme.norms && !fixup_, changes = in != out || stride > 1;
  const auto norm = [&](const Scope& where, const char* name, int64_t channels) {
    return scheme.norms ? make_norm(where, options.norm.at(name, number), channels) : nullptr;
  };
  // Branches of two convolutions: L^(−1/2) for L blocks.
  const double shrink = fixup_ ? 1 / std::sqrt(static_cast<double>(options.blocks)) : 1;
  conv1_ =
      conv(scope / "conv1",
           {.out = out, .kernel = 3, .stride = stride, .bias = bias, .reparam = options.reparam},
           in, shrink);
  norm1_ = norm(scope / "norm1", "block", preact_ ? in : out);
  conv2_ =
      conv(scope / "conv2", {.out = out, .kernel = 3, .bias = bias, .reparam = options.reparam},
           out, fixup_ ? 0 : 1);
  norm2_ = norm(scope / "norm2", "block", out);
  if (changes) {
    const Scope where = scope / "downsample";
    downsample_ = conv(
        where / "conv",
        {.out = out, .kernel = 1, .stride = stride, .bias = bias, .reparam = options.reparam}, in);
    if (!preact_) downsample_norm_ = norm(where / "norm", "downsample", out);
  }
  if (scheme.gain)
    gain_ = &scope.param("scale", {scheme.gain_per_channel ? out : 1},
                         scheme.gain_per_channel ? ParamKind::kGain : ParamKind::kScalar,
                         Init::constant(*scheme.gain));
  if (fixup_) make_fixup(scope);
}

void ResidualBlock::make_fixup(const Scope& scope) {
  const auto bias = [&](const char* name) {
    return &scope.param(name, {1}, ParamKind::kBias, Init::constant(0));
  };
  bias1a_ = bias("bias1a"), bias1b_ = bias("bias1b");
  bias2a_ = bias("bias2a"), bias2b_ = bias("bias2b");
}

Var ResidualBlock::forward(Context& ctx, const Var& x) {
  if (fixup_) return fixup(ctx, x);
  return preact_ ? preactivated(ctx, x) : basic(ctx, x);
}

Var ResidualBlock::normed(Context& ctx, Norm* norm, const Var& x) const {
  return norm ? norm->with_activation(ctx, x, nullptr, activation_)
              : activation(ctx, activation_, x);
}

Var ResidualBlock::joined(Context& ctx, const Var& shortcut, const Var& branch,
                          const Tensor& drop) const {
  if (gain_) return gained_add(ctx, shortcut, branch, *gain_, drop);
  return resolve(ctx, add_branch(ctx, resolved(shortcut), branch, 1, drop));
}

// act(shortcut + norm(conv(act(norm(conv(x))))))
Var ResidualBlock::basic(Context& ctx, const Var& x) {
  const Var branch = (*conv2_)(ctx, normed(ctx, norm1_.get(), (*conv1_)(ctx, x)));
  Var shortcut = downsample_ ? (*downsample_)(ctx, x) : x;
  if (downsample_norm_) shortcut = (*downsample_norm_)(ctx, shortcut);
  const Tensor drop = drop_scale(ctx, drop_path_, x.shape()[0]);
  if (norm2_ && !gain_ && !drop) {
    if (join_observer(ctx))
      show_join(ctx, {.base = shortcut, .branch = looked_at(ctx, branch), .drop = {}});
    return norm2_->with_activation(ctx, branch, &shortcut, activation_);
  }
  const Var end = norm2_ ? (*norm2_)(ctx, branch) : branch;
  return activation(ctx, activation_, joined(ctx, shortcut, end, drop));
}

// The last norm's output, which the pass that also adds and activates does not hold.
Var ResidualBlock::looked_at(Context& ctx, const Var& branch) {
  const Scoped unrecorded(ctx.tape, static_cast<Tape*>(nullptr));
  const Scoped unseen(ctx.observer, static_cast<TapeObserver*>(nullptr));
  const Scoped unchanged(ctx.replaying, true);
  return (*norm2_)(ctx, branch);
}

// shortcut + conv(act(norm(conv(act(norm(x))))))
Var ResidualBlock::preactivated(Context& ctx, const Var& x) {
  const Var h = normed(ctx, norm1_.get(), x);
  const Var shortcut = downsample_ ? (*downsample_)(ctx, h) : x;
  const Var branch = (*conv2_)(ctx, normed(ctx, norm2_.get(), (*conv1_)(ctx, h)));
  return joined(ctx, shortcut, branch, drop_scale(ctx, drop_path_, x.shape()[0]));
}

// act(shortcut + (scale·conv(act(conv(x + b1a) + b1b) + b2a) + b2b))
Var ResidualBlock::fixup(Context& ctx, const Var& x) {
  const Var moved = add_offset(ctx, x, *bias1a_);
  const Var shortcut = downsample_ ? (*downsample_)(ctx, moved) : x;
  const Var h = activation(ctx, activation_, add_offset(ctx, (*conv1_)(ctx, moved), *bias1b_));
  const Var scaled = column_gain(ctx, (*conv2_)(ctx, add_offset(ctx, h, *bias2a_)), *gain_);
  const Tensor drop = drop_scale(ctx, drop_path_, x.shape()[0]);
  const Stream sum =
      add_branch(ctx, resolved(shortcut), add_offset(ctx, scaled, *bias2b_), 1, drop);
  return activation(ctx, activation_, resolve(ctx, sum));
}

}  // namespace norma
