#include "layers/norms/expression/vocabulary.h"

namespace norma::expression {

std::span<const Function> functions() {
  static constexpr Function kAll[] = {
      {"abs", Op::kAbs, 1},     {"atan", Op::kAtan, 1},     {"clamp", Op::kClamp, 3},
      {"cos", Op::kCos, 1},     {"erf", Op::kErf, 1},       {"exp", Op::kExp, 1},
      {"expm1", Op::kExpm1, 1}, {"log", Op::kLog, 1},       {"log1p", Op::kLog1p, 1},
      {"max", Op::kMax, 2},     {"min", Op::kMin, 2},       {"relu", Op::kRelu, 1},
      {"rsqrt", Op::kRsqrt, 1}, {"select", Op::kSelect, 3}, {"sigmoid", Op::kSigmoid, 1},
      {"sign", Op::kSign, 1},   {"sin", Op::kSin, 1},       {"softplus", Op::kSoftplus, 1},
      {"sqrt", Op::kSqrt, 1},   {"tanh", Op::kTanh, 1},
  };
  return kAll;
}

const Function* find_function(std::string_view name) {
  for (const Function& function : functions())
    if (function.name == name) return &function;
  return nullptr;
}

}  // namespace norma::expression
