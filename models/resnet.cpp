// Residual networks for small images: three stages of basic blocks, 6n + 2 layers.
// He et al. 2015, arXiv:1512.03385 (section 4.2); pre-activation blocks: He et al. 2016,
// arXiv:1603.05027. Schemes without norms: models/resnet_block.h, models/nf_block.h.
#include "layers/activation.h"
#include "layers/dropout.h"
#include "layers/offset.h"
#include "layers/pooling.h"
#include "models/model.h"
#include "models/nf_block.h"
#include "models/resnet_block.h"

namespace norma {
namespace {

struct ResnetOptions : ResidualBlockOptions {
  int64_t depth = 20, width = 16;
  double drop_path = 0;
  void describe(Fields& f) {
    f.integer("depth", depth, "layers: 6n + 2 for n blocks a stage (20, 32, 56 …)", {.min = 8});
    f.integer("width", width,
              "channels of the first stage; the later ones have 2 and 4 times as many", {.min = 1});
    f.choice("block", block, {"basic", "preact"}, "norm behind each convolution, or before it");
    f.choice("activation", activation, {"relu", "gelu", "gelu_tanh", "silu", "relu2", "tanh"},
             "the function behind each norm");
    f.spec("residual", residual, residual_scheme_registry(),
           "how branches join their shortcuts, and whether there are norms", {.required = true});
    blocks = (depth - 2) / 6 * 3;
    describe_norms(f, norm, norm_sites());
    f.number("drop_path", drop_path,
             "stochastic depth: probability of dropping the last block's branch",
             {.min = 0, .below = 1});
    f.rule(depth % 6 == 2, "depth", "6n + 2: 8, 14, 20, 26, 32 …");
    const char* const only = scheme().block;
    f.rule(!only || block == only, "residual",
           std::string("a scheme for this `block`; this one is defined for \"") +
               (only ? only : "") + "\"");
    f.rule(!scheme().expected_variance || activation == "relu" || activation == "gelu" ||
               activation == "silu",
           "activation", "relu, gelu or silu with this `residual`");
    describe_reparam(f, reparam);
    f.rule(!reparam || scheme().plain_weights(), "reparam",
           "null with this `residual`, which starts or standardizes weights itself");
    rule_norms(f, norm, norm_sites(), blocks);
  }

  // `blocks` is what "layers" counts where norms differ by depth.
  std::vector<NormSite> norm_sites() const {
    using Where = NormSite::Where;
    const auto need_if = [&](bool there) {
      return scheme().norms && there ? NormSite::Need::kAlways : NormSite::Need::kNever;
    };
    return {{"stem", Where::kFirst, need_if(!preact())},
            {"block", Where::kEveryLayer, need_if(true)},
            {"downsample", Where::kEveryLayer, need_if(!preact())},
            {"final", Where::kLast, need_if(preact())}};
  }
  NfOptions nf() const {
    NfOptions made;
    made.activation = activation;
    return made;
  }
};

class Resnet final : public Module {
 public:
  using Options = ResnetOptions;
  Resnet(const Scope& scope, const Options& options, const ModelInput& input)
      : Module(scope), activation_(*activation_from_name(options.activation)) {
    expect_input(input.height > 0, "resnet", "images", input);
    make_stem(scope, options, input.channels);
    int64_t in = options.width;
    const int64_t stage_blocks = options.blocks / 3, last = options.blocks - 1;
    ExpectedVariance variance(options.nf().alpha);
    for (int64_t number = 0; number <= last; ++number) {
      const int64_t stage = number / stage_blocks, block = number % stage_blocks;
      const int64_t out = options.width << stage, stride = stage > 0 && block == 0 ? 2 : 1;
      const double drop_path = drop_path_at(options.drop_path, number, options.blocks);
      const Scope here = scope / "stages" / stage / block;
      if (options.scheme().expected_variance) {
        const NfSite site{in, out, stride, variance.deviation(), drop_path};
        blocks_.push_back(std::make_unique<NfBlock>(here, options.nf(), site));
        variance.pass_block(site.resets());
      } else {
        blocks_.push_back(std::make_unique<ResidualBlock>(
            here, options, ResidualBlockSite{number, in, out, stride, drop_path}));
      }
      in = out;
    }
    if (options.scheme().norms && options.preact())
      final_norm_ = make_norm(scope / "final_norm", options.norm.at("final", last), in);
    activates_last_ = options.preact();
    if (options.scheme().fixup) head_offset_ = offset(scope, "head_offset");
    const std::optional<Init> zero = Init::constant(0);
    head_ = std::make_unique<Linear>(scope / "head", in, input.outputs, true,
                                     options.scheme().fixup ? zero : std::nullopt);
    mark_output_layer(*head_);
  }

 protected:
  Var forward(Context& ctx, const Var& images) override {
    Var x = (*stem_)(ctx, images);
    if (stem_offset_) x = add_offset(ctx, x, *stem_offset_);
    if (stem_norm_)
      x = stem_norm_->with_activation(ctx, x, nullptr, activation_);
    else if (!activates_last_)
      x = activation(ctx, activation_, x);
    for (const auto& block : blocks_) x = (*block)(ctx, x);
    if (final_norm_)
      x = final_norm_->with_activation(ctx, x, nullptr, activation_);
    else if (activates_last_)
      x = activation(ctx, activation_, x);
    x = global_avg_pool(ctx, x);
    return (*head_)(ctx, head_offset_ ? add_offset(ctx, x, *head_offset_) : x);
  }

 private:
  void make_stem(const Scope& scope, const Options& options, int64_t channels) {
    const bool bias = !options.scheme().norms && !options.scheme().fixup;
    const Conv2d::Options shape{.out = options.width,
                                .kernel = 3,
                                .padding = 1,
                                .bias = bias,
                                .reparam = options.scheme().expected_variance
                                               ? options.nf().reparam_behind("identity")
                                               : options.reparam};
    stem_ = std::make_unique<Conv2d>(scope / "stem", shape, channels,
                                     Conv2d::he_normal(options.width, 3));
    if (options.scheme().norms && !options.preact())
      stem_norm_ = make_norm(scope / "stem_norm", options.norm.at("stem", 0), options.width);
    if (options.scheme().fixup) stem_offset_ = offset(scope, "stem_offset");
  }
  static Param* offset(const Scope& scope, const char* name) {
    return &scope.param(name, {1}, ParamKind::kBias, Init::constant(0));
  }

  Activation activation_;
  bool activates_last_ = false;  // blocks begin with the activation and do not end with it
  std::unique_ptr<Conv2d> stem_;
  std::unique_ptr<Norm> stem_norm_, final_norm_;
  std::vector<std::unique_ptr<Module>> blocks_;
  Param *stem_offset_ = nullptr, *head_offset_ = nullptr;
  std::unique_ptr<Linear> head_;
};

const RegisterModel<Resnet> registered_resnet("resnet", "a residual network for small images",
                                              "He et al. 2015, arXiv:1512.03385");

}  // namespace
}  // namespace norma
