#pragma once

#include <cstdint>
#include <span>
#include <string_view>

// What formulas typed by a user are made of: the vocabulary of compiled ones
// (core/kernels/simd.h, vmath.h), and what their derivatives need besides.
namespace norma::expression {

enum class Op : uint8_t {
  // Leaves.
  kConstant,
  kName,
  // Of one number.
  kCopy,
  kNegate,
  kAbs,
  kSign,  // -1, 0 or 1
  kRelu,
  kSqrt,
  kRsqrt,
  kExp,
  kExpm1,
  kLog,
  kLog1p,
  kTanh,
  kErf,
  kErfSlope,
  kSigmoid,
  kSoftplus,
  kAtan,
  kSin,
  kCos,
  // Of two.
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kMax,
  kMin,
  kLarger,  // 1 where the first is larger, ½ where they are equal, else 0: the slope of max
  kLess,    // comparisons give 1 or 0
  kLessEqual,
  kEqual,
  kNotEqual,
  // Of three.
  kSelect,            // a ? b : c
  kClamp,             // a held within [b, c]
  kMultiplyAdd,       // a·b + c
  kMultiplySubtract,  // a·b - c
  kSubtractProduct,   // c - a·b
  kCentre,            // (a - b) - c, where b + c is a mean in two parts
};
inline constexpr int kOps = static_cast<int>(Op::kCentre) + 1;

constexpr int arity(Op op) {
  return op <= Op::kName ? 0 : op <= Op::kCos ? 1 : op <= Op::kNotEqual ? 2 : 3;
}
constexpr bool is_comparison(Op op) { return op >= Op::kLess && op <= Op::kNotEqual; }
// Whether it takes many times as long as a product.
constexpr bool is_costly(Op op) { return (op >= Op::kSqrt && op <= Op::kCos) || op == Op::kDivide; }

// A function as it is written.
struct Function {
  std::string_view name;
  Op op;
  int arguments;
};
std::span<const Function> functions();
const Function* find_function(std::string_view name);

}  // namespace norma::expression
