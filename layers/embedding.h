#pragma once

#include "layers/layer_registry.h"

namespace norma {

// Rows of a table: tokens (B,T) int32, table (entries, width) → (B,T,width).
Var embedding(Context& ctx, const Var& tokens, Param& table);

// x (B,T,C) + table[first + t] at each position t. With inference caches in the context, `first` is
// the number of positions already seen; else 0.
Var add_positions(Context& ctx, const Var& x, Param& table);

// A learned vector for each token. State: `weight` (entries, width).
class Embedding : public Module {
 public:
  struct Options {
    int64_t entries = 1, width = 1;
    double init_std = 0.02;
    void describe(Fields& f);
  };
  Embedding(const Scope& scope, const Options& options, const LayerInput& input);
  Embedding(const Scope& scope, int64_t entries, int64_t width, Init init = Init::normal(0.02));
  Param& weight() const { return *weight_; }

 protected:
  Var forward(Context& ctx, const Var& tokens) override { return embedding(ctx, tokens, *weight_); }

 private:
  Param* weight_;
};

// A learned vector for each position, added to the input. State: `weight` (context, width).
class LearnedPositions : public Module {
 public:
  struct Options {
    std::optional<int64_t> context = {};
    double init_std = 0.02;
    void describe(Fields& f);
  };
  LearnedPositions(const Scope& scope, const Options& options, const LayerInput& input);
  LearnedPositions(const Scope& scope, int64_t context, int64_t width,
                   Init init = Init::normal(0.02));

 protected:
  Var forward(Context& ctx, const Var& x) override { return add_positions(ctx, x, *weight_); }

 private:
  Param* weight_;
};

}  // namespace norma
