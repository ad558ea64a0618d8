#pragma once

#include <string>

#include "core/context.h"

namespace norma {

class Fields;
struct Recipe;

// A vector of the whole sequence, which the blocks of a transformer are conditioned on: a model's
// option `condition`.
struct ConditionOptions {
  std::string condition = "none";
  void describe(Fields& f);
  // The rules between it and what a placement reads.
  void rules(Fields& f, const Recipe& recipe) const;
};

// The context's `cond` for blocks that x (B,T,C) enters: none, what it is already; first, x at the
// first position, which a generation token by token keeps (Keskar et al. 2019, arXiv:1909.05858,
// put a control code there); mean, that of x over the valid positions. (B,C).
Var condition_of(Context& ctx, const std::string& condition, const Var& x);

}  // namespace norma
