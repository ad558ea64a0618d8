#include "models/nf_block.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/activation.h"
#include "layers/dropout.h"
#include "layers/elementwise.h"
#include "layers/pooling.h"
#include "layers/residual/gained_add.h"

namespace norma {

void NfOptions::describe(Fields& f) {
  f.choice(
      "block", block, {"basic", "bottleneck"},
      "two 3×3 convolutions; or 1×1 to half the channels, two 3×3, 1×1, with an average-pooled "
      "shortcut and a last convolution in front of the head, as NFNet has it");
  f.maybe_integer("group_width", group_width,
                  "channels of each group of a bottleneck's 3×3 convolutions; null = no groups",
                  {.min = 1});
  f.choice("activation", activation, {"relu", "gelu", "silu"}, "the function");
  f.number("alpha", alpha, "α: deviation of a branch where it joins the stream", {.above = 0});
  f.number("skip_gain", skip_gain, "initial value of the learned gain on each branch");
  f.maybe_number("squeeze_excite", squeeze_excite,
                 "share of the channels between the products of squeeze-and-excitation on each "
                 "branch, e.g. 0.5; null = none",
                 {.above = 0});
  f.spec("reparam", reparam, reparam_registry(),
         "how weights are standardized; its `activation`, if it has one, is set by the model",
         {.required = true});
  f.rule(block == "bottleneck" || !group_width, "group_width",
         "null where `block` is not \"bottleneck\"");
}

Spec NfOptions::reparam_behind(const std::string& activation) const {
  const Spec complete =
      reparam.options ? reparam : make_spec(Json(reparam.type), reparam_registry(), "reparam");
  Json options = *complete.options;
  if (options.contains("activation")) options["activation"] = activation;
  return make_spec(options, reparam_registry(), "reparam");
}

std::unique_ptr<Conv2d> nf_conv(const Scope& scope, const Conv2d::Options& options, int64_t in) {
  Conv2d::Options same = options;
  same.padding = options.kernel / 2;
  return std::make_unique<Conv2d>(scope, same, in, Conv2d::he_normal(same.out, same.kernel));
}

namespace {

std::vector<Conv2d::Options> branch_convs(const NfOptions& options, const NfSite& site) {
  const Spec reparam = options.reparam_behind(options.activation);
  const auto conv = [&](int64_t out, int64_t kernel, int64_t stride = 1, int64_t groups = 1) {
    return Conv2d::Options{
        .out = out, .kernel = kernel, .stride = stride, .groups = groups, .reparam = reparam};
  };
  if (options.block == "basic") return {conv(site.out, 3, site.stride), conv(site.out, 3)};
  const int64_t half = std::max<int64_t>(1, site.out / 2);
  const int64_t group = options.group_width.value_or(half);
  if (half % group != 0)
    throw Error("model \"nfnet\": groups of " + std::to_string(group) + " channels do not divide " +
                std::to_string(half) + ", half of a stage's " + std::to_string(site.out));
  return {conv(half, 1), conv(half, 3, site.stride, half / group), conv(half, 3, 1, half / group),
          conv(site.out, 1)};
}

}  // namespace

NfBlock::NfBlock(const Scope& scope, const NfOptions& options, const NfSite& site)
    : Module(scope),
      activation_(*activation_from_name(options.activation)),
      pooled_shortcut_(options.block == "bottleneck" && site.stride > 1),
      site_(site),
      alpha_(options.alpha),
      skip_gain_(
          scope.param("skip_gain", {1}, ParamKind::kScalar, Init::constant(options.skip_gain))) {
  int64_t in = site.in, number = 1;
  for (const Conv2d::Options& conv : branch_convs(options, site)) {
    convs_.push_back(nf_conv(scope / ("conv" + std::to_string(number++)), conv, in));
    in = conv.out;
  }
  if (site.resets())
    downsample_ = nf_conv(scope / "downsample",
                          {.out = site.out,
                           .kernel = 1,
                           .stride = pooled_shortcut_ ? 1 : site.stride,
                           .reparam = options.reparam_behind(options.activation)},
                          site.in);
  if (options.squeeze_excite)  // the factor 2: gates are about ½ at the start
    squeeze_excite_.emplace(
        scope / "squeeze_excite",
        SqueezeExcite::Options{.ratio = *options.squeeze_excite, .factor = 2 * alpha_}, site.out);
}

Var NfBlock::forward(Context& ctx, const Var& x) {
  const Var scaled = site_.deviation == 1 ? x : scale(ctx, x, 1 / site_.deviation);
  const Var active = activation(ctx, activation_, scaled);
  const Var shortcut = shortcut_of(ctx, x, active);
  Var branch = (*convs_[0])(ctx, active);
  for (size_t i = 1; i < convs_.size(); ++i)
    branch = (*convs_[i])(ctx, activation(ctx, activation_, branch));
  if (squeeze_excite_) branch = (*squeeze_excite_)(ctx, branch);
  const Tensor drop = drop_scale(ctx, site_.drop_path, x.shape()[0]);
  // The gates of squeeze-and-excitation hold α already.
  return gained_add(ctx, shortcut, branch, skip_gain_, drop, squeeze_excite_ ? 1 : alpha_);
}

Var NfBlock::shortcut_of(Context& ctx, const Var& x, const Var& active) {
  if (!downsample_) return x;
  if (!pooled_shortcut_) return (*downsample_)(ctx, active);
  // What a strided 3×3 convolution leaves of an odd size is half of it rounded up.
  const int64_t odd = x.shape()[1] % 2;
  if (x.shape()[2] % 2 != odd)
    throw Error("[" + path() + "] images of " + std::to_string(x.shape()[1]) + "×" +
                std::to_string(x.shape()[2]) +
                " cannot be halved: expected both sides even, or both odd");
  const Window halves{.kernel = 2, .stride = 2, .padding = odd};
  return (*downsample_)(ctx, avg_pool2d(ctx, active, halves, false));
}

}  // namespace norma
