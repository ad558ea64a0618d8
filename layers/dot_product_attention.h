#pragma once

#include "layers/module.h"
#include "layers/rotary.h"

namespace norma {

// How queries, keys and values of all heads are read and combined.
struct AttentionHeads {
  int64_t heads = 1, kv_heads = 1, head_width = 1;
  bool causal = false;
  double softcap = 0;              // c > 0: logits become c·tanh(logits / c)
  const Rotary* rotary = nullptr;  // turns queries and keys; null = no positions

  int64_t query_width() const { return heads * head_width; }
  int64_t key_width() const { return kv_heads * head_width; }
};

// softmax(q kᵀ / √head_width) v for every head. The context's mask (B,T) marks the positions that
// may be attended to. With inference caches in the context, keys and values go to the cache of the
// current module and the queries see all that it holds.
//
// With `distance_bias` (heads, queries + keys − 1) the logit of query i and key j has element
// j − i + queries − 1 of its head added to it, before the cap. It does not go with caches.

// On one packed projection (B,T,C) whose columns are q, then k, then v → (B,T,query_width). The
// projection is rotated in place: nobody else may read it.
Var dot_product_attention(Context& ctx, const AttentionHeads& heads, const Var& qkv,
                          const Var* distance_bias = nullptr);

// On q (B,T,query_width), k and v (B,T,key_width) → (B,T,query_width).
Var dot_product_attention(Context& ctx, const AttentionHeads& heads, const Var& q, const Var& k,
                          const Var& v, const Var* distance_bias = nullptr);

// Queries q (B,T,query_width) that read another sequence: k, v (B,S,key_width), of whose positions
// the context's memory_mask (B,S) marks those that may be attended to.
Var cross_attention(Context& ctx, const AttentionHeads& heads, const Var& q, const Var& k,
                    const Var& v);

}  // namespace norma
