#pragma once

#include "layers/layer_registry.h"

namespace norma {

// What attention adds to its logits by the distance from query to key, a learned number for each
// head and bucket of distances: near ones have a bucket each, far ones share buckets that widen
// with the logarithm. Raffel et al. 2019 (T5), arXiv:1910.10683, section 2.1. State: `weight`
// (buckets, heads).
class RelativeBias : public Module {
 public:
  struct Options {
    int64_t heads = 1, buckets = 32, max_distance = 128;
    bool bidirectional = true;
    double init_std = 0.02;
    void describe(Fields& f);
  };
  RelativeBias(const Scope& scope, const Options& options);
  RelativeBias(const Scope& scope, const Options& options, const LayerInput&)
      : RelativeBias(scope, options) {}

  // For queries 0 … queries−1 and as many or other keys: (heads, queries + keys − 1), the bias of
  // query i and key j at j − i + queries − 1.
  Var operator()(Context& ctx, int64_t queries, int64_t keys);

  // The bucket of a key `distance` positions behind (above 0) or before its query.
  static int64_t bucket_of(int64_t distance, const Options& options);

 protected:
  // For as many queries and keys as x (B,T,C) has positions.
  Var forward(Context& ctx, const Var& x) override;

 private:
  Options options_;
  Param* weight_;
};

}  // namespace norma
