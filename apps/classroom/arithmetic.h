#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace norma::classroom {

// One number for each element of a tensor.
using Elements = std::vector<double>;

// What a typed expression may name, and how it sums over the elements that share a statistic.
struct Vocabulary {
  std::map<std::string, Elements, std::less<>> names;
  std::function<Elements(const Elements&)> sum;  // over each element's domain, at each element
  Elements n;                                    // how many elements that domain has
  size_t elements = 0;
};

// A mistake in a text, and where: what() says it in words.
class TextError : public Error {
 public:
  TextError(size_t at, const std::string& what) : Error(what), at_(at) {}
  size_t at() const { return at_; }  // bytes from its start

 private:
  size_t at_;
};

// Computes an expression for all elements at once:
//   sum     = product { (+ | -) product }
//   product = signed { (* | /) signed }
//   signed  = (+ | -) signed | power
//   power   = primary [ ^ signed ]
//   primary = number | name | function ( sum { , sum } ) | ( sum )
// with -x^2 = -(x^2), as formulas in configs are read. Functions: sum and mean over the domain, and
// of one number sqrt rsqrt exp log tanh erf sigmoid abs sign, of two max min. Throws TextError.
Elements evaluated(std::string_view text, const Vocabulary& vocabulary);

}  // namespace norma::classroom
