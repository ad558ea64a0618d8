#pragma once

#include <string_view>
#include <vector>

#include "layers/norms/expression/tree.h"

namespace norma::expression {

// Reads
//   sum      = product { (+ | -) product }
//   product  = signed { (* | /) signed }
//   signed   = (+ | -) signed | power
//   power    = primary [ ^ [-] number ]
//   primary  = number | name | function ( argument { , argument } ) | ( sum )
//   argument = sum [ (< | <= | > | >= | == | !=) sum ]     a comparison where select asks for one
// with -x^2 = -(x^2). An exponent is a whole number up to 16 in magnitude, 0.5 or -0.5. After a
// fault reading goes on, so that all are told; the tree is complete only without faults.
Tree parse(std::string_view text, std::vector<Fault>& faults);

}  // namespace norma::expression
