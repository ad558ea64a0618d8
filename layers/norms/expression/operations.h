#pragma once

#include <utility>

#include "core/kernels/vmath.h"
#include "layers/norms/expression/vocabulary.h"

// What each operation computes, register by register.
namespace norma::expression {

template <Op op>
struct Operation;

#define NORMA_OPERATION(op, result)                                                           \
  template <>                                                                                 \
  struct Operation<Op::op> {                                                                  \
    static constexpr Op kOp = Op::op;                                                         \
    template <class V>                                                                        \
    static V of([[maybe_unused]] V a, [[maybe_unused]] V b = {}, [[maybe_unused]] V c = {}) { \
      using namespace math;                                                                   \
      return result;                                                                          \
    }                                                                                         \
  };
NORMA_OPERATION(kCopy, a)
NORMA_OPERATION(kNegate, -a)
NORMA_OPERATION(kAbs, abs(a))
NORMA_OPERATION(kSign, select(a > V(0), V(1), select(a < V(0), V(-1), V(0))))
NORMA_OPERATION(kRelu, relu(a))
NORMA_OPERATION(kSqrt, sqrt(a))
NORMA_OPERATION(kRsqrt, rsqrt(a))
NORMA_OPERATION(kExp, exp(a))
NORMA_OPERATION(kExpm1, expm1(a))
NORMA_OPERATION(kLog, log(a))
NORMA_OPERATION(kLog1p, log1p(a))
NORMA_OPERATION(kTanh, tanh(a))
NORMA_OPERATION(kErf, erf(a))
NORMA_OPERATION(kErfSlope, erf_slope(a))
NORMA_OPERATION(kSigmoid, sigmoid(a))
NORMA_OPERATION(kSoftplus, softplus(a))
NORMA_OPERATION(kAtan, atan(a))
NORMA_OPERATION(kSin, sin(a))
NORMA_OPERATION(kCos, cos(a))
NORMA_OPERATION(kAdd, a + b)
NORMA_OPERATION(kSubtract, a - b)
NORMA_OPERATION(kMultiply, a* b)
NORMA_OPERATION(kDivide, a / b)
NORMA_OPERATION(kMax, max(a, b))
NORMA_OPERATION(kMin, min(a, b))
NORMA_OPERATION(kLarger, select(a == b, V(0.5), select(a > b, V(1), V(0))))
NORMA_OPERATION(kLess, select(a < b, V(1), V(0)))
NORMA_OPERATION(kLessEqual, select(a <= b, V(1), V(0)))
NORMA_OPERATION(kEqual, select(a == b, V(1), V(0)))
NORMA_OPERATION(kNotEqual, select(a != b, V(1), V(0)))
NORMA_OPERATION(kSelect, select(a != V(0), b, c))
NORMA_OPERATION(kClamp, clamp(a, b, c))
NORMA_OPERATION(kMultiplyAdd, a* b + c)
NORMA_OPERATION(kMultiplySubtract, a* b - c)
NORMA_OPERATION(kSubtractProduct, c - a * b)
NORMA_OPERATION(kCentre, (a - b) - c)
#undef NORMA_OPERATION

// body(Operation<op>()) for the op at hand, which is no leaf.
template <class Body>
void with_operation(Op op, Body&& body) {
  constexpr int kLeaves = static_cast<int>(Op::kName) + 1;
  [&]<int... i>(std::integer_sequence<int, i...>) {
    ((static_cast<int>(op) == kLeaves + i ? body(Operation<static_cast<Op>(kLeaves + i)>())
                                          : void()),
     ...);
  }
  (std::make_integer_sequence<int, kOps - kLeaves>{});
}

}  // namespace norma::expression
