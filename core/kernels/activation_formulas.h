#pragma once

#include <string>

#include "core/error.h"
#include "core/kernels/activation.h"
#include "core/kernels/dual.h"

// Each activation's formula, once: float and double compute it, Dual differentiates it.
namespace norma::kernels::formulas {

struct Identity {
  template <class R>
  R operator()(R x) const {
    return x;
  }
};

struct Relu {
  template <class R>
  R operator()(R x) const {
    return relu(x);
  }
};

struct Relu2 {
  template <class R>
  R operator()(R x) const {
    const R positive = relu(x);
    return positive * positive;
  }
};

struct Gelu {
  template <class R>
  R operator()(R x) const {
    const R half_x = x * R(0.5);
    return half_x * erf(x * R(0.70710678118654752)) + half_x;
  }
};

struct GeluTanh {
  template <class R>
  R operator()(R x) const {
    const R cubic = x * x * x * R(0.044715) + x;
    const R half_x = x * R(0.5);
    return half_x * tanh(cubic * R(0.79788456080286536)) + half_x;  // √(2/π)
  }
};

struct Silu {
  template <class R>
  R operator()(R x) const {
    return x * sigmoid(x);
  }
};

struct Tanh {
  template <class R>
  R operator()(R x) const {
    return tanh(x);
  }
};

struct Sigmoid {
  template <class R>
  R operator()(R x) const {
    return sigmoid(x);
  }
};

// Calls use(formula) with the formula of an activation of one input.
template <class Use>
void with_formula(Activation kind, Use use) {
  switch (kind) {
    case Activation::kIdentity:
      return use(Identity{});
    case Activation::kRelu:
      return use(Relu{});
    case Activation::kRelu2:
      return use(Relu2{});
    case Activation::kGelu:
      return use(Gelu{});
    case Activation::kGeluTanh:
      return use(GeluTanh{});
    case Activation::kSilu:
      return use(Silu{});
    case Activation::kTanh:
      return use(Tanh{});
    case Activation::kSigmoid:
      return use(Sigmoid{});
    case Activation::kSwiglu:
    case Activation::kGeglu:
      break;
  }
  throw Error("[activation] '" + std::string(name_of(kind)) +
              "' is gated: it takes two inputs, gate and up");
}

}  // namespace norma::kernels::formulas
