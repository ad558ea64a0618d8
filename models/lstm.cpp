// A recurrent language model: an embedding, LSTM layers one upon the other, a head.
// Zaremba et al. 2014, arXiv:1409.2329; with norms, Ba et al. 2016, arXiv:1607.06450.
#include "layers/lstm.h"

#include "layers/dropout.h"
#include "layers/embedding.h"
#include "models/model.h"

namespace norma {
namespace {

struct LstmModelOptions {
  int64_t context = 128, layers = 2, width = 128;
  std::optional<int64_t> hidden;
  SpecChoice norm;
  double dropout = 0, forget_bias = 1;
  bool tie = false;
  void describe(Fields& f) {
    f.integer("context", context, "positions that the gradient reaches back", {.min = 1});
    f.integer("layers", layers, "recurrent layers", {.min = 1});
    f.integer("width", width, "features of a token's vector", {.min = 1});
    f.maybe_integer("hidden", hidden, "features of each layer's state; null = width", {.min = 1});
    Lstm::Options::describe_norm(f, norm);
    f.number("dropout", dropout, "probability of zeroing what goes from layer to layer",
             {.min = 0, .below = 1});
    f.number("forget_bias", forget_bias, "where the bias of the forget gates starts");
    f.flag("tie", tie, "the output projection is the token embedding");
    f.rule(!tie || hidden.value_or(width) == width, "tie", "false where `hidden` is not `width`");
    Lstm::Options::rule_norm(f, norm, layers);
  }
};

class LstmModel final : public HeadedModel {
 public:
  using Options = LstmModelOptions;
  LstmModel(const Scope& scope, const Options& options, const ModelInput& input)
      : HeadedModel(scope),
        dropout_(options.dropout),
        tokens_(scope / "tok_embed", tokens_alone(input, "lstm"), options.width) {
    const int64_t hidden = options.hidden.value_or(options.width);
    for (int64_t layer = 0; layer < options.layers; ++layer)
      layers_.push_back(std::make_unique<Lstm>(scope / "layers" / layer,
                                               Lstm::Options{.hidden = hidden,
                                                             .forget_bias = options.forget_bias,
                                                             .norm = options.norm,
                                                             .layer = layer},
                                               layer == 0 ? options.width : hidden));
    if (options.tie)
      head_.emplace(scope / "head", tokens_.weight());
    else
      head_.emplace(scope / "head", hidden, input.outputs);
    mark_output_layer(*head_);
  }

 protected:
  Logits unresolved(Context& ctx, const Var& tokens) override {
    Var x = dropout(ctx, tokens_(ctx, tokens), dropout_);
    for (const auto& layer : layers_) x = dropout(ctx, (*layer)(ctx, x), dropout_);
    return {.features = std::move(x), .head = &*head_};
  }

 private:
  double dropout_;
  Embedding tokens_;
  std::vector<std::unique_ptr<Lstm>> layers_;
  std::optional<Linear> head_;
};

const RegisterModel<LstmModel> registered_lstm("lstm",
                                               "a recurrent network that predicts the next token",
                                               "Zaremba et al. 2014, arXiv:1409.2329");

}  // namespace
}  // namespace norma
