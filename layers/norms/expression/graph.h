#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "layers/norms/expression/vocabulary.h"

namespace norma::expression {

// Along which sides of a block (rows × channels) a value varies: it is one number, one a row, one a
// channel, or one an element.
enum class Level : uint8_t { kUniform = 0, kRow = 1, kChannel = 2, kElement = 3 };
constexpr Level operator|(Level a, Level b) {
  return static_cast<Level>(static_cast<uint8_t>(a) | static_cast<uint8_t>(b));
}
constexpr bool varies(Level level, Level along) { return (level | along) == level; }

// Expressions as a graph in which equal ones are one node, each put in its simplest form: constants
// computed, products in a fixed order in which factors of few numbers are multiplied first. So what
// is computed once a row or a channel is not computed for every element, and derivatives share what
// they have in common. Reordering costs an ulp or so. Nodes are numbered so that what one is
// computed of comes before it.
class Graph {
 public:
  struct Node {
    Op op;
    Level level;
    int of[3] = {-1, -1, -1};
    double value = 0;   // of a constant
    int argument = -1;  // of a leaf that is none: a number that whoever asked for it knows
  };
  const Node& operator[](int i) const { return nodes_[static_cast<size_t>(i)]; }
  int size() const { return static_cast<int>(nodes_.size()); }

  int constant(double value);
  int argument(int number, Level level);
  int make(Op op, int a, int b = -1, int c = -1);

  int add(int a, int b) { return make(Op::kAdd, a, b); }
  int subtract(int a, int b) { return make(Op::kSubtract, a, b); }
  int multiply(int a, int b) { return make(Op::kMultiply, a, b); }
  int divide(int a, int b) { return make(Op::kDivide, a, b); }
  int negate(int a) { return make(Op::kNegate, a); }

  bool is_constant(int i) const { return (*this)[i].op == Op::kConstant; }
  bool is(int i, double value) const { return is_constant(i) && (*this)[i].value == value; }

  // A product in its parts: coefficient · factors, in the order in which they are multiplied.
  struct Product {
    double coefficient = 1;
    std::vector<int> factors;
  };
  Product product_of(int i) const;
  int product(const Product& parts);

 private:
  int rank(int i) const;
  int found_or_added(Node node);
  int folded(Op op, int a, int b, int c);
  int sum(int a, int b);
  int difference(int a, int b);
  int quotient(int a, int b);
  int chain(const std::vector<int>& factors);
  void gather(int i, Product& parts) const;

  std::vector<Node> nodes_;
  // By operation, what it is computed of, the bits of its value, the argument's number.
  std::map<std::tuple<Op, int, int, int, uint64_t, int>, int> known_;
};

// ∂node/∂s for a common step of all nodes in `seeds`, by the rules of Dual (core/kernels/dual.h):
// corners have PyTorch's slopes, and the branch that a select does not take has no say.
int slope_of(Graph& graph, int node, const std::vector<int>& seeds);

}  // namespace norma::expression
