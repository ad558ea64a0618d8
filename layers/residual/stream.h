#pragma once

#include "core/context.h"

namespace norma {

// What flows between blocks: a sum not yet carried out, base + scale·drop·branch. A placement adds
// to it or resolves it, so that the addition can happen inside the norm that reads the result.
struct Stream {
  Var base;
  Var branch;         // undefined value: nothing pending
  double scale = 1;   // of the branch
  Tensor drop;        // one factor a sample (stochastic depth); undefined = 1
  Var second = {};    // a sum of branches that no norm resets, kept beside; undefined: none
  bool unit = false;  // every position of base has length 1 already (nGPT)
  bool pending() const { return branch.value.defined(); }
};

// A stream with nothing pending.
inline Stream resolved(Var x) { return Stream{.base = std::move(x), .branch = {}, .drop = {}}; }

// Carries out the pending addition.
Var resolve(Context& ctx, const Stream& stream);

// The stream with another branch added; resolves a pending one first.
Stream add_branch(Context& ctx, const Stream& stream, const Var& branch, double scale = 1,
                  Tensor drop = {});

}  // namespace norma
