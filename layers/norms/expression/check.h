#pragma once

#include <string>
#include <vector>

#include "layers/norms/expression/tree.h"

namespace norma::expression {

// A normalization as a user says it: statistics of moments, and a map of elements.
struct FormulaText {
  // How elements share a statistic: not at all, each row its own, or each channel of rows together.
  enum class Shares : uint8_t { kNothing, kRow, kChannel };
  Shares shares = Shares::kRow;
  // Whether running statistics stand in for the moments in eval.
  bool running = false;

  struct Statistic {
    std::string name, text;
  };
  std::vector<Statistic> stats;  // none: r = rsqrt(v + eps) where the map uses it
  std::string map;
  struct Param {
    std::string name;
    double init = 1;
    bool per_channel = true;
  };
  std::vector<Param> params;  // besides w = 1 and b = 0, which need not be said
  struct Constant {
    std::string name;
    double value = 0;
  };
  std::vector<Constant> constants;  // besides eps = 1e-5
};

// A mistake in one of the parts of a formula: "stat", "map", "params" or "constants". `expected`
// completes "expected …"; of a text it also shows the place.
struct Mistake {
  std::string part;
  std::string expected;
};

// What a name in a formula stands for.
struct Meaning {
  enum class Kind : uint8_t {
    kElement,     // x
    kCentred,     // u = x - m
    kMean,        // m, of the elements that share a statistic
    kVariance,    // v, about the mean, biased
    kMeanSquare,  // ms
    kCount,       // n
    kStat,        // by number
    kParam,
    kConstant,
  };
  Kind kind = Kind::kConstant;
  int number = 0;
  double value = 0;
};

struct Expression {
  std::string name, text;
  Tree tree;
  std::vector<Meaning> meanings;  // one a node of the tree; of names alone
};

// A formula without mistakes.
struct CheckedFormula {
  FormulaText::Shares shares;
  std::vector<Expression> stats;
  Expression map;
  std::vector<FormulaText::Param> params;  // all that are used
};

// Adds every mistake of the text to `mistakes`; the formula is complete where there are none.
CheckedFormula check(const FormulaText& text, std::vector<Mistake>& mistakes);

// The name under which a parameter is kept: weight for w and bias for b, as PyTorch.
std::string state_name(const std::string& param);

}  // namespace norma::expression
