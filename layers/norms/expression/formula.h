#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/kernels/norm/block.h"
#include "layers/norms/expression/check.h"
#include "layers/norms/expression/program.h"

namespace norma::expression {

// A normalization given as text, compiled into what the drivers call: block kernels, whose context
// it is, and a table. Depends on nothing above core and on no JSON, so that whatever can run the
// drivers can run typed formulas.
struct Formula {
  bool centred = false;
  int stats = 0;  // 0: no statistic is shared, and there is no table
  std::vector<FormulaText::Param> params;
  std::vector<std::string> state_names;  // of the parameters

  // Of a block. The first pass back keeps dy·∂f/∂x for the second where that would cost more.
  Program forward, sums, apply;
  bool keeps_direct = false;
  // Of a table of moments: the stats, the slopes back, and the stats in eval.
  Program table, table_back, given;

  template <class T>
  kernels::NormBlockKernels<T> kernels() const;
  // Lives no longer than the formula.
  std::unique_ptr<kernels::NormTable> make_table() const;
  // Whether outputs stay bounded however large the input, with parameters at their initial values.
  // Of a formula without statistics.
  bool is_bounded() const;
};

// The formula of a text; null where there are mistakes, which are added.
std::shared_ptr<const Formula> compile(const FormulaText& text, std::vector<Mistake>& mistakes);

}  // namespace norma::expression
