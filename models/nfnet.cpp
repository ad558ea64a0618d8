// Residual networks for small images without any norm: weights are standardized, every branch reads
// a stream divided by its expected deviation, and starts with a gain of 0 (models/nf_block.h).
// Brock, De, Smith 2021 (NF-ResNet), arXiv:2101.08692: blocks "basic"; Brock, De, Smith, Simonyan
// 2021 (NFNet), arXiv:2102.06171: "bottleneck". To be trained with adaptive clipping.
#include <algorithm>

#include "layers/activation.h"
#include "layers/dropout.h"
#include "layers/pooling.h"
#include "models/model.h"
#include "models/nf_block.h"

namespace norma {
namespace {

struct NfnetOptions : NfOptions {
  std::vector<int64_t> stages{3, 3, 3};
  int64_t width = 16;
  double drop_path = 0;
  void describe(Fields& f) {
    f.integers("stages", stages, "blocks of each stage", 0, {.min = 1});
    f.integer("width", width, "channels of the first stage; each later one has twice as many",
              {.min = 1});
    NfOptions::describe(f);
    f.number("drop_path", drop_path,
             "stochastic depth: probability of dropping the last block's branch",
             {.min = 0, .below = 1});
    f.rule(!stages.empty(), "stages", "a list of at least one integer");
    bool divides = true;
    for (size_t stage = 0; group_width && stage < stages.size(); ++stage)
      divides = divides && std::max<int64_t>(1, (width << stage) / 2) % *group_width == 0;
    f.rule(block != "bottleneck" || divides, "group_width",
           "a divisor of half the channels of every stage (`width`, twice that …): groups of " +
               std::to_string(group_width.value_or(0)) + " channels do not divide them");
  }
  int64_t blocks() const {
    int64_t all = 0;
    for (const int64_t stage : stages) all += stage;
    return all;
  }
};

class Nfnet final : public Module {
 public:
  using Options = NfnetOptions;
  Nfnet(const Scope& scope, const Options& options, const ModelInput& input)
      : Module(scope), activation_(*activation_from_name(options.activation)) {
    expect_input(input.height > 0, "nfnet", "images", input);
    // What neither of these reads has gone through an activation.
    const Spec reparam = options.reparam_behind("identity");
    stem_ = nf_conv(scope / "stem", {.out = options.width, .kernel = 3, .reparam = reparam},
                    input.channels);
    int64_t channels = options.width;
    ExpectedVariance variance(options.alpha);
    for (size_t stage = 0; stage < options.stages.size(); ++stage)
      for (int64_t block = 0; block < options.stages[stage]; ++block) {
        const auto number = static_cast<int64_t>(blocks_.size());
        const NfSite site{.in = channels,
                          .out = options.width << stage,
                          .stride = stage > 0 && block == 0 ? 2 : 1,
                          .deviation = variance.deviation(),
                          .drop_path = drop_path_at(options.drop_path, number, options.blocks())};
        const Scope here = scope / "stages" / static_cast<int64_t>(stage) / block;
        blocks_.push_back(std::make_unique<NfBlock>(here, options, site));
        variance.pass_block(site.resets());
        channels = site.out;
      }
    if (options.block == "bottleneck") {
      last_ = nf_conv(scope / "final_conv", {.out = 2 * channels, .kernel = 1, .reparam = reparam},
                      channels);
      channels *= 2;
    }
    head_ =
        std::make_unique<Linear>(scope / "head", channels, input.outputs, true, Init::normal(0.01));
    mark_output_layer(*head_);
  }

 protected:
  Var forward(Context& ctx, const Var& images) override {
    Var x = (*stem_)(ctx, images);
    for (const auto& block : blocks_) x = (*block)(ctx, x);
    if (last_) x = (*last_)(ctx, x);
    return (*head_)(ctx, global_avg_pool(ctx, activation(ctx, activation_, x)));
  }

 private:
  Activation activation_;
  std::unique_ptr<Conv2d> stem_;
  std::vector<std::unique_ptr<NfBlock>> blocks_;
  std::unique_ptr<Conv2d> last_;
  std::unique_ptr<Linear> head_;
};

const RegisterModel<Nfnet> registered_nfnet(
    "nfnet", "a residual network for small images without norms",
    "Brock et al. 2021, arXiv:2101.08692 and arXiv:2102.06171");

}  // namespace
}  // namespace norma
