// A vision transformer: patches of an image as tokens, the mean over them classified.
// Dosovitskiy et al. 2020, arXiv:2010.11929; mean pooling as in Beyer et al. 2022,
// arXiv:2205.01580.
#include "layers/conv2d.h"
#include "layers/elementwise.h"
#include "layers/embedding.h"
#include "layers/pooling.h"
#include "models/model.h"
#include "models/transformer.h"

namespace norma {
namespace {

struct VitOptions : TransformerOptions {
  int64_t patch = 4;
  void describe(Fields& f) {
    f.integer("patch", patch, "height and width of a patch in pixels; divides the image",
              {.min = 1});
    TransformerOptions::describe(f);
  }
};

class Vit final : public Module {
 public:
  using Options = VitOptions;
  Vit(const Scope& scope, const Options& options, const ModelInput& input)
      : Module(scope),
        dropout_(options.dropout),
        condition_(options.condition),
        positions_count_(patches_of(options, input)),
        width_(options.width),
        patches_(
            scope / "patch_embed",
            Conv2d::Options{.out = options.width, .kernel = options.patch, .stride = options.patch},
            input.channels, Init::truncated_normal(options.init_std)),
        positions_(scope / "pos_embed", positions_count_, options.width,
                   Init::normal(options.init_std)),
        trunk_(scope, options, options.block(false, false, 10000)),
        head_(scope / "head", options.width, input.outputs, true, Init::normal(options.init_std)) {
    mark_output_layer(head_);
  }

 protected:
  Var forward(Context& ctx, const Var& images) override {
    const int64_t batch = images.shape()[0];
    Var x = reshape(ctx, patches_(ctx, images), {batch, positions_count_, width_});
    x = positions_(ctx, x);
    const Scoped condition(ctx.cond, condition_of(ctx, condition_, x));
    return head_(ctx, global_avg_pool(ctx, trunk_(ctx, dropout(ctx, x, dropout_))));
  }

 private:
  static int64_t patches_of(const Options& options, const ModelInput& input) {
    expect_input(input.height > 0, "vit", "images", input);
    if (input.height % options.patch != 0 || input.width % options.patch != 0)
      throw Error("model \"vit\": patches of " + std::to_string(options.patch) +
                  " pixels do not tile images of " + std::to_string(input.height) + "×" +
                  std::to_string(input.width));
    return (input.height / options.patch) * (input.width / options.patch);
  }
  double dropout_;
  std::string condition_;
  int64_t positions_count_, width_;
  Conv2d patches_;
  LearnedPositions positions_;
  Transformer trunk_;
  Linear head_;
};

const RegisterModel<Vit> registered_vit("vit", "a vision transformer that classifies images",
                                        "Dosovitskiy et al. 2020, arXiv:2010.11929");

}  // namespace
}  // namespace norma
