#pragma once

#include <string>
#include <vector>

#include "core/tensor.h"

namespace norma::numbers {

// What stands on the command line of `layer --numbers`.
struct TypedText {
  std::string numbers;   // "3 1 4 1.5"; commas and semicolons part them as blanks do; "some": any
  std::string gradient;  // of the output, as many, or "some"; empty: no backward
  std::string shape;     // samples, positions, channels; empty: one sample of channels
  bool training = true;  // statistics of these numbers, or running ones
  int64_t steps_before = 0;  // of an eval: training steps on the same numbers that come first
};

// The same, read: x and dy are of the shape (N,S,C), channels next to each other.
struct Typed {
  Shape shape;
  std::vector<double> x, dy;
  bool training = true;
  int64_t steps_before = 0;
};

inline constexpr int64_t kMostNumbers = 4096;

// Throws a ConfigError that names every option at fault, what was found and what was expected.
Typed read_typed(const TypedText& text);

// [c] of a single position, [n,s,c] else.
std::string place_name(size_t element, const Shape& shape);

}  // namespace norma::numbers
