#pragma once

#include <string_view>
#include <vector>

#include "layers/norms/expression/tree.h"

namespace norma::expression {

struct Token {
  enum class Kind { kNumber, kName, kSymbol, kEnd };
  Kind kind;
  std::string_view text;
  size_t offset;
  double value = 0;  // of a number

  bool is(std::string_view symbol) const { return kind == Kind::kSymbol && text == symbol; }
};

// The words of a text, the last of which is its end. What is none becomes a fault.
std::vector<Token> tokens_of(std::string_view text, std::vector<Fault>& faults);

// Whether formulas can call something by this name: letters, digits and _, no digit first.
bool is_name(std::string_view text);

}  // namespace norma::expression
