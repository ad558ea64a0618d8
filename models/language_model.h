#pragma once

#include <optional>
#include <string>
#include <vector>

#include "layers/embedding.h"
#include "models/model.h"
#include "models/transformer.h"

namespace norma {

// What models of tokens with one stack of blocks share, whichever way their attention looks.
struct LanguageModelOptions : TransformerOptions {
  int64_t context = 128;
  std::string positions = "learned";
  double rope_base = 10000;
  bool tie = false, embedding_scale = false;
  std::optional<double> final_softcap;
  void describe(Fields& f);
  std::vector<std::string> warnings() const;
};

// Token embedding, positions, blocks, output projection: tokens (B,T) → logits (B,T,outputs).
// State: `tok_embed.weight`, `pos_embed.weight`, the stack's, `head.weight` unless tied, and where
// asked for `embed_scale`, `logit_gain`.
class LanguageModel : public HeadedModel {
 public:
  enum class Sees { kPast, kAll };
  // `vocab` is the number of tokens that go in.
  LanguageModel(const Scope& scope, const LanguageModelOptions& options, Sees sees, int64_t vocab,
                int64_t outputs);

 protected:
  Logits unresolved(Context& ctx, const Var& tokens) override;

 private:
  void move_to_sphere(const Scope& scope, int64_t outputs);

  double dropout_;
  std::string condition_;
  std::optional<double> softcap_;
  double root_of_width_;
  Param *embedding_scale_ = nullptr, *logit_gain_ = nullptr;
  Embedding tokens_;
  std::optional<LearnedPositions> positions_;
  Transformer trunk_;
  std::optional<Linear> head_;
};

}  // namespace norma
