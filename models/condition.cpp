#include "models/condition.h"

#include "layers/elementwise.h"
#include "layers/inference.h"
#include "layers/pooling.h"
#include "layers/residual/placement.h"

namespace norma {
namespace {

// The placements that are conditioned, for a fault's text.
std::string conditioned_placements() {
  std::string names;
  for (const Entry* entry : placement_registry().entries())
    if (recipe_of(Spec{entry->type}, {}).condition)
      names += (names.empty() ? "\"" : ", \"") + entry->type + "\"";
  return names;
}

Var first_position(Context& ctx, const Var& x) {
  if (!ctx.inference) return select_position(ctx, x, 0);
  if (ctx.inference->position == 0) ctx.inference->condition = select_position(ctx, x, 0).value;
  return {ctx.inference->condition};
}

}  // namespace

void ConditionOptions::describe(Fields& f) {
  f.choice("condition", condition, {"none", "first", "mean"},
           "what a `placement` that is conditioned reads: the embedding of the first token (a "
           "control code), or the mean over the sequence");
}

void ConditionOptions::rules(Fields& f, const Recipe& recipe) const {
  f.rule(!recipe.condition || condition != "none", "condition",
         "\"first\" or \"mean\", of which the blocks of this `placement` make shift, scale and "
         "gate");
  f.rule(recipe.condition || condition == "none", "condition",
         "\"none\": blocks of this `placement` read no condition; those of " +
             conditioned_placements() + " do");
}

Var condition_of(Context& ctx, const std::string& condition, const Var& x) {
  if (condition == "first") return first_position(ctx, x);
  return condition == "mean" ? global_avg_pool(ctx, x) : ctx.cond;
}

}  // namespace norma
