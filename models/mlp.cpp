// A multi-layer perceptron: linear, norm, activation, layer upon layer. Images and token sequences
// are not flattened for it: it takes vectors.
#include <vector>

#include "layers/activation.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "layers/norms/norm_choice.h"
#include "models/model.h"

namespace norma {
namespace {

struct MlpOptions {
  int64_t layers = 2, width = 64;
  SpecChoice norm;
  std::string activation = "relu";
  double dropout = 0;
  void describe(Fields& f) {
    f.integer("layers", layers, "hidden layers", {.min = 0});
    f.integer("width", width, "features of a hidden layer", {.min = 1});
    describe_norms(f, norm, norm_sites(), true);
    f.choice("activation", activation,
             {"gelu", "gelu_tanh", "silu", "relu", "relu2", "tanh", "sigmoid"},
             "the function after each hidden layer");
    f.number("dropout", dropout, "probability of zeroing a hidden feature", {.min = 0, .below = 1});
    rule_norms(f, norm, norm_sites(), layers);
  }
  // In front of each activation.
  static std::vector<NormSite> norm_sites() { return {{.name = "hidden"}}; }
};

class Mlp final : public Module {
 public:
  using Options = MlpOptions;
  Mlp(const Scope& scope, const Options& options, const ModelInput& input)
      : Module(scope),
        activation_(*activation_from_name(options.activation)),
        dropout_(options.dropout) {
    expect_input(input.features > 0, "mlp", "vectors of features", input);
    int64_t in = input.features;
    for (int64_t layer = 0; layer < options.layers; ++layer) {
      hidden_.push_back(std::make_unique<Linear>(scope / "layers" / layer, in, options.width));
      if (options.norm)
        norms_.push_back(
            make_norm(scope / "norms" / layer, options.norm.at("hidden", layer), options.width));
      in = options.width;
    }
    head_ = std::make_unique<Linear>(scope / "head", in, input.outputs);
    mark_output_layer(*head_);
  }

 protected:
  Var forward(Context& ctx, const Var& input) override {
    Var x = input;
    for (size_t layer = 0; layer < hidden_.size(); ++layer) {
      x = (*hidden_[layer])(ctx, x);
      x = norms_.empty() ? activation(ctx, activation_, x)
                         : norms_[layer]->with_activation(ctx, x, nullptr, activation_);
      x = dropout(ctx, x, dropout_);
    }
    return (*head_)(ctx, x);
  }

 private:
  Activation activation_;
  double dropout_;
  std::vector<std::unique_ptr<Linear>> hidden_;
  std::vector<std::unique_ptr<Norm>> norms_;
  std::unique_ptr<Linear> head_;
};

const RegisterModel<Mlp> registered_mlp("mlp", "a multi-layer perceptron on vectors",
                                        "Rumelhart, Hinton, Williams 1986");

}  // namespace
}  // namespace norma
