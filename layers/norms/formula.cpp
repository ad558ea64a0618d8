// A norm from text: an expression in a config, compiled when the config is read (expression/). Its
// loops, masks, precisions and running statistics are those of every norm.
#include "layers/norms/formula_options.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

using expression::Formula;

// Both of w and b, one a channel, may as well come from outside the norm.
NormParam param_of(const Formula& formula, size_t j) {
  const auto& [name, init, per_channel] = formula.params[j];
  NormParam param = per_channel ? gain("") : scalar("", init);
  if (per_channel && init == 0) param.kind = ParamKind::kBias;
  param.name = formula.state_names[j].c_str();
  param.initial = init;
  param.affine = per_channel && (name == "w" || name == "b");
  return param;
}

NormDefinition define_formula(const Spec& spec) {
  const FormulaOptions options = options_of<FormulaOptions>(spec);
  const std::shared_ptr<const Formula>& formula = options.compiled;
  NormDefinition made;
  made.owner = formula;
  made.domain = options.shared_by();
  made.centred = formula->centred;
  made.stats = formula->stats;
  made.bounded = formula->is_bounded();
  made.float_kernels = formula->kernels<float>();
  made.double_kernels = formula->kernels<double>();
  made.table = formula->make_table();
  for (size_t j = 0; j < formula->params.size(); ++j) made.params.push_back(param_of(*formula, j));
  if (made.domain.kind == Domain::Kind::kChannel) {
    made.running = options.tracking;
    if (!made.centred) made.running->second = "running_mean_square";
  }
  return made;
}

struct RegisterFormula {
  RegisterFormula() {
    register_norm({"formula", "y = map of x, from text in the config; statistics too",
                   "docs/formula.md", describe_options<FormulaOptions>()},
                  {define_formula, nullptr});
  }
};
const RegisterFormula registered_formula;

}  // namespace
}  // namespace norma
