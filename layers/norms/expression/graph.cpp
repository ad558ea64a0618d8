#include "layers/norms/expression/graph.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "layers/norms/expression/loops.h"

namespace norma::expression {
namespace {

// Products of more factors stay as they were written.
constexpr size_t kMostFactors = 24;

bool is_symmetric(Op op) {
  return op == Op::kAdd || op == Op::kMultiply || op == Op::kMax || op == Op::kMin ||
         op == Op::kEqual || op == Op::kNotEqual;
}

}  // namespace

int Graph::found_or_added(Node node) {
  const std::tuple key(node.op, node.of[0], node.of[1], node.of[2],
                       std::bit_cast<uint64_t>(node.value), node.argument);
  const auto [at, is_new] = known_.try_emplace(key, size());
  if (is_new) nodes_.push_back(node);
  return at->second;
}

int Graph::constant(double value) {
  return found_or_added({.op = Op::kConstant, .level = Level::kUniform, .value = value});
}

int Graph::argument(int number, Level level) {
  return found_or_added({.op = Op::kName, .level = level, .argument = number});
}

int Graph::make(Op op, int a, int b, int c) {
  const int count = arity(op);
  const bool all_constant =
      is_constant(a) && (count < 2 || is_constant(b)) && (count < 3 || is_constant(c));
  if (all_constant) {
    const auto value = [&](int i) { return i < 0 ? 0.0 : (*this)[i].value; };
    return constant(computed(op, value(a), value(b), value(c)));
  }
  switch (op) {
    case Op::kAdd:
      return sum(a, b);
    case Op::kSubtract:
      return difference(a, b);
    case Op::kDivide:
      return quotient(a, b);
    case Op::kNegate: {
      Product parts = product_of(a);
      parts.coefficient = -parts.coefficient;
      return product(parts);
    }
    case Op::kMultiply: {
      Product parts;
      gather(a, parts);
      gather(b, parts);
      return product(parts);
    }
    case Op::kSelect:
      if (b == c) return b;
      if (is_constant(a)) return (*this)[a].value != 0 ? b : c;
      break;
    default:
      break;
  }
  return folded(op, a, b, c);
}

// The node as it is.
int Graph::folded(Op op, int a, int b, int c) {
  if (is_symmetric(op) && a > b) std::swap(a, b);
  Level level = (*this)[a].level;
  for (const int other : {b, c})
    if (other >= 0) level = level | (*this)[other].level;
  return found_or_added({.op = op, .level = level, .of = {a, b, c}});
}

int Graph::sum(int a, int b) {
  if (is(a, 0)) return b;
  if (is(b, 0)) return a;
  if ((*this)[b].op == Op::kNegate) return difference(a, (*this)[b].of[0]);
  if ((*this)[a].op == Op::kNegate) return difference(b, (*this)[a].of[0]);
  return folded(Op::kAdd, a, b, -1);
}

int Graph::difference(int a, int b) {
  if (is(b, 0)) return a;
  if (is(a, 0)) return negate(b);
  if ((*this)[b].op == Op::kNegate) return sum(a, (*this)[b].of[0]);
  return folded(Op::kSubtract, a, b, -1);
}

int Graph::quotient(int a, int b) {
  if (is(a, 0)) return a;
  if (is(b, 1)) return a;
  // One division a row or a channel in place of one an element.
  if ((*this)[a].level != (*this)[b].level && !is(a, 1) &&
      varies((*this)[a].level, (*this)[b].level))
    return multiply(a, divide(constant(1), b));
  return folded(Op::kDivide, a, b, -1);
}

void Graph::gather(int i, Product& parts) const {
  const Node& node = (*this)[i];
  if (node.op == Op::kConstant) {
    parts.coefficient *= node.value;
  } else if (node.op == Op::kNegate) {
    parts.coefficient = -parts.coefficient;
    gather(node.of[0], parts);
  } else if (node.op == Op::kMultiply && parts.factors.size() < kMostFactors) {
    gather(node.of[0], parts);
    gather(node.of[1], parts);
  } else {
    parts.factors.push_back(i);
  }
}

// The node made first comes first, then what is computed, then what is given: products in which the
// same was computed then begin alike, and share that.
int Graph::rank(int i) const {
  const bool given = (*this)[i].op == Op::kName || (*this)[i].op == Op::kCentre;
  return given && i > 0 ? size() + i : i;
}

Graph::Product Graph::product_of(int i) const {
  Product parts;
  gather(i, parts);
  // Those of elements first, then those of channels, of rows, and single numbers.
  std::sort(parts.factors.begin(), parts.factors.end(), [&](int a, int b) {
    return std::pair((*this)[b].level, rank(a)) < std::pair((*this)[a].level, rank(b));
  });
  return parts;
}

int Graph::chain(const std::vector<int>& factors) {
  int all = factors[0];
  for (size_t i = 1; i < factors.size(); ++i) all = folded(Op::kMultiply, all, factors[i], -1);
  return all;
}

int Graph::product(const Product& parts) {
  if (parts.coefficient == 0 || parts.factors.empty()) return constant(parts.coefficient);
  std::vector<int> at_level[4];
  for (const int factor : parts.factors)
    at_level[static_cast<int>((*this)[factor].level)].push_back(factor);
  for (auto& factors : at_level)
    std::sort(factors.begin(), factors.end(), [&](int a, int b) { return rank(a) < rank(b); });

  // Single numbers join the smallest of the rest.
  std::vector<int>& single = at_level[static_cast<int>(Level::kUniform)];
  if (std::abs(parts.coefficient) != 1) single.push_back(constant(std::abs(parts.coefficient)));
  std::vector<int> smaller;
  for (const Level level : {Level::kChannel, Level::kRow}) {
    std::vector<int>& factors = at_level[static_cast<int>(level)];
    if (factors.empty()) continue;
    factors.insert(factors.end(), single.begin(), single.end());
    single.clear();
    smaller.push_back(chain(factors));
  }
  if (!single.empty()) smaller.push_back(chain(single));

  std::vector<int> all = at_level[static_cast<int>(Level::kElement)];
  all.insert(all.end(), smaller.begin(), smaller.end());
  const int magnitude = chain(all);
  return parts.coefficient < 0 ? folded(Op::kNegate, magnitude, -1, -1) : magnitude;
}

}  // namespace norma::expression
