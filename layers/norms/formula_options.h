#pragma once

#include <memory>
#include <string>

#include "core/config/fields.h"
#include "core/config/json.h"
#include "layers/norms/definition.h"
#include "layers/norms/expression/check.h"
#include "layers/norms/expression/formula.h"

namespace norma {

// A normalization as a config says it in text, see docs/formula.md.
struct FormulaOptions {
  FormulaOptions();
  std::string domain = "row";
  int64_t groups = 32;
  std::string map = "(x - m) * r * w + b";
  std::shared_ptr<Json> stat, params, constants;
  Running tracking;

  // Every mistake in the formula is a fault of the option that holds it.
  void describe(Fields& f);
  Domain shared_by() const;
  // Of options that were described without a fault.
  std::shared_ptr<const expression::Formula> compiled;

 private:
  // The formula without what JSON has in the place of text; that is added to `mistakes`.
  expression::FormulaText text(std::vector<expression::Mistake>& mistakes) const;
};

}  // namespace norma
