#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/config/registry.h"
#include "layers/logits.h"

namespace norma {

// What a model must fit: the extents of one sample and how many outputs are asked for. Extents that
// do not apply are 0.
struct ModelInput {
  int64_t vocab = 0;                            // tokens 0 … vocab-1, in sequences (B,T)
  bool next_token = false;                      // tokens: asked for is the next token of the input
  int64_t answer = 0;                           // tokens: length of a target sequence of its own
  int64_t height = 0, width = 0, channels = 0;  // images (B,H,W,C)
  int64_t features = 0;                         // vectors (B,F)
  int64_t outputs = 0;                          // classes, or the vocabulary
};

// Models map a batch to logits: (B,T,outputs) for sequences of tokens, (B,answer,outputs) where the
// target is another sequence, else (B,outputs).
using MakeModel = std::unique_ptr<Module> (*)(const Scope&, const Spec&, const ModelInput&);
struct ModelType {
  MakeModel make;
  std::vector<std::string> (*warnings)(const Spec&);
};
Registry<ModelType>& model_registry();
std::unique_ptr<Module> make_model(const Scope& scope, const Spec& spec, const ModelInput& input);
// Choices of this config that are known to go badly together, each a sentence with its reason.
std::vector<std::string> model_warnings(const Spec& spec);

// Registers model M with options struct M::Options, constructed from (scope, options, input). The
// options may have `warnings()`: the sentences of `model_warnings`.
template <class M>
struct RegisterModel {
  RegisterModel(const char* type, const char* summary, const char* source) {
    model_registry().add({type, summary, source, describe_options<typename M::Options>()},
                         {[](const Scope& scope, const Spec& spec,
                             const ModelInput& input) -> std::unique_ptr<Module> {
                            return std::make_unique<M>(scope, options_of<typename M::Options>(spec),
                                                       input);
                          },
                          [](const Spec& spec) -> std::vector<std::string> {
                            const auto options = options_of<typename M::Options>(spec);
                            if constexpr (requires { options.warnings(); })
                              return options.warnings();
                            else
                              return {};
                          }});
  }
};

// A model that ends on a head: its forward is `unresolved` and then the head.
class HeadedModel : public Module {
 public:
  using Module::Module;
  // The forward up to its last product.
  Logits logits(Context& ctx, const Var& x);

 protected:
  virtual Logits unresolved(Context& ctx, const Var& x) = 0;
  Var forward(Context& ctx, const Var& x) final { return resolve(ctx, unresolved(ctx, x)); }
};

// The forward of any model, up to its last product where the model can tell that apart.
Logits logits_of(Module& model, Context& ctx, const Var& x);

// Says that a layer makes the model's outputs: adaptive clipping leaves it alone.
void mark_output_layer(const Linear& head);

// A model that answers by itself, token by token, and not only along the right answer as its
// forward does. It is judged by that in evaluation, besides its loss.
class Answering {
 public:
  virtual ~Answering() = default;
  // Answers the input, as the context's mask says, without its target, and measures how many of
  // the answers are the target: the only figure that it leaves in the context.
  virtual void judge(Context& ctx, const Var& input) = 0;
};

// The vocabulary of data that are sequences of tokens without a sequence to answer; throws the
// Error of `expect_input` for others.
int64_t tokens_alone(const ModelInput& input, const char* model);

// Throws the Error that a model of this type cannot take what the data offers.
void expect_input(bool fits, const char* model, const char* expected, const ModelInput& input);

}  // namespace norma
