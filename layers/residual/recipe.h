#pragma once

#include <cmath>
#include <cstdint>
#include <string>

namespace norma {

// The stack of blocks that a placement is chosen for.
struct Stack {
  int64_t layers = 1;
  int64_t branches = 2;       // residual branches of a block: 3 where it also attends to a memory
  int64_t reader_layers = 0;  // blocks of the decoder that reads this stack; 0: none does
  double init_std = 0.02;     // the deviation that the model's config asks for
  // Residual branches in all.
  double depth() const { return static_cast<double>(layers * branches); }
};

// Deviations of the normal initial weights of a block.
struct InitialDeviations {
  double query_key, value, attention_out;
  double ffn_in, ffn_out;  // `up` and `gate`; `down`

  static InitialDeviations all(double deviation) {
    return {deviation, deviation, deviation, deviation, deviation};
  }
  // Projections that end on the stream start smaller by √depth, so that the variance of a sum of
  // all branches does not grow with their number (Radford et al. 2019, GPT-2).
  static InitialDeviations depth_scaled(const Stack& stack) {
    InitialDeviations made = all(stack.init_std);
    made.attention_out /= std::sqrt(stack.depth());
    made.ffn_out = made.attention_out;
    return made;
  }
  // Queries and keys, which only steer the attention, as they are; all others times `gain`.
  static InitialDeviations gained(const Stack& stack, double gain) {
    InitialDeviations made = all(gain * stack.init_std);
    made.query_key = stack.init_std;
    return made;
  }
};

// What a placement asks of the model around it.
struct Recipe {
  InitialDeviations init = InitialDeviations::all(0.02);
  // Whether the blocks have norms of their own.
  bool block_norms = true;
  // Whether the stream leaves the last block unnormalized, so that a final norm belongs behind it.
  bool final_norm = true;
  // A norm in front of the projections that end on the stream, as `inner_norm` of their layers.
  bool inner_norm = false;
  // A norm of what enters the first block.
  bool embedding_norm = false;
  // The sublayers' norm on each head's queries, keys and values.
  bool head_norms = false;
  // Deep branches are already held small, so that projections onto the stream must not start
  // smaller with depth as well.
  bool damps_depth = false;
  // Everything lives on the unit sphere (nGPT): weights keep length 1 along the stream's features,
  // queries and keys too, and learned gains give back what lengths said.
  bool unit_sphere = false;
  // Attention and feed-forward of a block share one norm.
  bool one_norm = false;
  // Branches are conditioned on a vector of the whole sequence, the context's `cond`.
  bool condition = false;
  // What its options expect of the stack and do not find; empty where they fit.
  std::string unmet = {};
};

}  // namespace norma
