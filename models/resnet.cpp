// Residual networks for small images: three stages of basic blocks, 6n + 2 layers.
// He et al. 2015, arXiv:1512.03385 (section 4.2); pre-activation blocks: He et al. 2016,
// arXiv:1603.05027.
#include "layers/activation.h"
#include "layers/conv2d.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "layers/norms/norm.h"
#include "layers/pooling.h"
#include "models/model.h"

namespace norma {
namespace {

struct ResnetOptions {
  int64_t depth = 20, width = 16;
  std::string block = "basic", activation = "relu";
  Spec norm{"batch_norm"};
  double drop_path = 0;
  void describe(Fields& f) {
    f.integer("depth", depth, "layers: 6n + 2 for n blocks a stage (20, 32, 56 …)", {.min = 8});
    f.integer("width", width,
              "channels of the first stage; the later ones have 2 and 4 times as many", {.min = 1});
    f.choice("block", block, {"basic", "preact"}, "norm behind each convolution, or before it");
    f.choice("activation", activation, {"relu", "gelu", "gelu_tanh", "silu", "relu2", "tanh"},
             "the function behind each norm");
    f.spec("norm", norm, norm_registry(), "the normalization");
    f.number("drop_path", drop_path,
             "stochastic depth: probability of dropping the last block's branch",
             {.min = 0, .below = 1});
    f.rule(depth % 6 == 2, "depth", "6n + 2: 8, 14, 20, 26, 32 …");
  }
};

// A convolution without bias, started for ReLU: the norm behind it has an offset.
std::unique_ptr<Conv2d> conv(const Scope& scope, int64_t in, int64_t out, int64_t kernel,
                             int64_t stride) {
  return std::make_unique<Conv2d>(
      scope,
      Conv2d::Options{
          .out = out, .kernel = kernel, .stride = stride, .padding = kernel / 2, .bias = false},
      in, Conv2d::he_normal(out, kernel));
}

// Two convolutions beside a shortcut, which is a strided 1×1 convolution where the shape changes.
class ResidualBlock : public Module {
 public:
  ResidualBlock(const Scope& scope, const ResnetOptions& options, int64_t in, int64_t out,
                int64_t stride, double drop_path)
      : Module(scope),
        preact_(options.block == "preact"),
        activation_(*activation_from_name(options.activation)),
        drop_path_(drop_path),
        conv1_(conv(scope / "conv1", in, out, 3, stride)),
        norm1_(make_norm(scope / "norm1", options.norm, preact_ ? in : out)),
        conv2_(conv(scope / "conv2", out, out, 3, 1)),
        norm2_(make_norm(scope / "norm2", options.norm, out)) {
    if (in == out && stride == 1) return;
    downsample_ = conv(scope / "downsample" / "conv", in, out, 1, stride);
    if (!preact_) downsample_norm_ = make_norm(scope / "downsample" / "norm", options.norm, out);
  }

 protected:
  Var forward(Context& ctx, const Var& x) override {
    return preact_ ? preactivated(ctx, x) : basic(ctx, x);
  }

 private:
  // act(shortcut + norm(conv(act(norm(conv(x))))))
  Var basic(Context& ctx, const Var& x) {
    const Var h = norm1_->with_activation(ctx, (*conv1_)(ctx, x), nullptr, activation_);
    const Var branch = (*conv2_)(ctx, h);
    const Var shortcut = downsample_ ? (*downsample_norm_)(ctx, (*downsample_)(ctx, x)) : x;
    const Tensor drop = drop_scale(ctx, drop_path_, x.shape()[0]);
    if (!drop) return norm2_->with_activation(ctx, branch, &shortcut, activation_);
    const Var normed = (*norm2_)(ctx, branch);
    const Var sum = resolve(ctx, Stream{.base = shortcut, .branch = normed, .drop = drop});
    return activation(ctx, activation_, sum);
  }

  // shortcut + conv(act(norm(conv(act(norm(x))))))
  Var preactivated(Context& ctx, const Var& x) {
    const Var h = norm1_->with_activation(ctx, x, nullptr, activation_);
    const Var shortcut = downsample_ ? (*downsample_)(ctx, h) : x;
    const Var branch =
        (*conv2_)(ctx, norm2_->with_activation(ctx, (*conv1_)(ctx, h), nullptr, activation_));
    const Tensor drop = drop_scale(ctx, drop_path_, x.shape()[0]);
    return resolve(ctx, Stream{.base = shortcut, .branch = branch, .drop = drop});
  }

  bool preact_;
  Activation activation_;
  double drop_path_;
  std::unique_ptr<Conv2d> conv1_;
  std::unique_ptr<Norm> norm1_;
  std::unique_ptr<Conv2d> conv2_;
  std::unique_ptr<Norm> norm2_;
  std::unique_ptr<Conv2d> downsample_;
  std::unique_ptr<Norm> downsample_norm_;
};

class Resnet final : public Module {
 public:
  using Options = ResnetOptions;
  Resnet(const Scope& scope, const Options& options, const ModelInput& input)
      : Module(scope), activation_(*activation_from_name(options.activation)) {
    expect_input(input.height > 0, "resnet", "images", input);
    const bool preact = options.block == "preact";
    stem_ = conv(scope / "stem", input.channels, options.width, 3, 1);
    if (!preact) stem_norm_ = make_norm(scope / "stem_norm", options.norm, options.width);
    const int64_t blocks = (options.depth - 2) / 6, all = 3 * blocks;
    int64_t in = options.width;
    for (int64_t stage = 0; stage < 3; ++stage) {
      const int64_t out = options.width << stage;
      for (int64_t block = 0; block < blocks; ++block) {
        const int64_t number = stage * blocks + block;
        const double drop =
            all > 1 ? options.drop_path * static_cast<double>(number) / static_cast<double>(all - 1)
                    : options.drop_path;
        blocks_.push_back(std::make_unique<ResidualBlock>(scope / "stages" / stage / block, options,
                                                          in, out, stage > 0 && block == 0 ? 2 : 1,
                                                          drop));
        in = out;
      }
    }
    if (preact) final_norm_ = make_norm(scope / "final_norm", options.norm, in);
    head_ = std::make_unique<Linear>(scope / "head", in, input.outputs);
  }

 protected:
  Var forward(Context& ctx, const Var& images) override {
    Var x = (*stem_)(ctx, images);
    if (stem_norm_) x = stem_norm_->with_activation(ctx, x, nullptr, activation_);
    for (const auto& block : blocks_) x = (*block)(ctx, x);
    if (final_norm_) x = final_norm_->with_activation(ctx, x, nullptr, activation_);
    return (*head_)(ctx, global_avg_pool(ctx, x));
  }

 private:
  Activation activation_;
  std::unique_ptr<Conv2d> stem_;
  std::unique_ptr<Norm> stem_norm_;
  std::vector<std::unique_ptr<ResidualBlock>> blocks_;
  std::unique_ptr<Norm> final_norm_;
  std::unique_ptr<Linear> head_;
};

const RegisterModel<Resnet> registered("resnet", "a residual network for small images",
                                       "He et al. 2015, arXiv:1512.03385");

}  // namespace
}  // namespace norma
