#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "layers/norms/expression/graph.h"
#include "layers/norms/expression/loops.h"

namespace norma::expression {

// Operations one after the other, over a block of rows × channels. What is one number, one a row or
// one a channel is computed once; what is one an element, in pieces of the block so small that all
// intermediate values stay in the first-level cache.
struct Program {
  struct Step {
    Places places;
    Loop<float> as_float;
    Loop<double> as_double;
    int cost;  // in products, roughly
  };
  // When steps run: once; for every piece of channels; within it, for every piece of rows. The last
  // two carry sums over to the results.
  enum Phase { kOnce, kOfRows, kOfChannels, kOfElements, kAfterElements, kAfterChannels };
  static constexpr int kPhases = kAfterChannels + 1;

  struct Value {
    enum class Kind : uint8_t { kConstant, kArgument, kResult, kTemporary };
    Kind kind;
    Level level;
    int number = 0;    // of the argument, the result or the memory of temporaries at this level
    bool sum = false;  // starts at 0
    double value = 0;  // of a constant
  };

  std::vector<Value> values;  // one a slot
  std::vector<Step> steps[kPhases];
  int temporaries[4] = {};  // of each level

  // How long the steps of one element take, in products.
  int cost() const;
};

// Where an argument or a result lies: one number an element (rows `stride` apart), a row, a
// channel, or one at all, as its level says.
template <class T>
struct Place {
  T* at = nullptr;
  int64_t stride = 0;
};
template <class T>
Place<T> input(const T* at, int64_t stride = 0) {
  return {const_cast<T*>(at), stride};  // no step writes to an argument
}

// Runs a program over a block. Arguments and results are numbered as when it was made.
template <class T>
void run(const Program& program, int64_t rows, int64_t channels,
         std::span<const Place<T>> arguments, std::span<const Place<T>> results);

}  // namespace norma::expression
