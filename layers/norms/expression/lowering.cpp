#include "layers/norms/expression/lowering.h"

namespace norma::expression {
namespace {

using Kind = Meaning::Kind;

class Lowering {
 public:
  Lowering(Graph& graph, const Expression& expression, const Leaf& leaf)
      : graph_(graph),
        tree_(expression.tree),
        meanings_(expression.meanings),
        leaf_(leaf),
        known_(tree_.nodes.size(), -1) {}

  int of(int i) {
    int& known = known_[static_cast<size_t>(i)];
    if (known < 0) known = made(i);
    return known;
  }

 private:
  struct Term {
    int node;
    bool negative;
  };

  static bool is_sum(Op op) { return op == Op::kAdd || op == Op::kSubtract || op == Op::kNegate; }
  bool means(const Term& term, Kind kind) const {
    return tree_[term.node].op == Op::kName &&
           meanings_[static_cast<size_t>(term.node)].kind == kind;
  }

  int made(int i) {
    const Tree::Node& node = tree_[i];
    if (node.op == Op::kConstant) return graph_.constant(node.value);
    if (node.op == Op::kName) return leaf_(meanings_[static_cast<size_t>(i)]);
    if (is_sum(node.op))
      if (const int sum = centred_sum(i); sum >= 0) return sum;
    int from[3] = {-1, -1, -1};
    for (size_t k = 0; k < node.of.size(); ++k) from[k] = of(node.of[k]);
    return graph_.make(node.op, from[0], from[1], from[2]);
  }

  void gather(int i, bool negative, std::vector<Term>& terms) const {
    const Tree::Node& node = tree_[i];
    if (!is_sum(node.op)) return terms.push_back({i, negative});
    gather(node.of[0], negative ^ (node.op == Op::kNegate), terms);
    if (node.op != Op::kNegate) gather(node.of[1], negative ^ (node.op == Op::kSubtract), terms);
  }

  // The sum with one x and one m of opposite signs as u; -1 where there are none.
  int centred_sum(int i) {
    std::vector<Term> terms;
    gather(i, false, terms);
    for (size_t x = 0; x < terms.size(); ++x) {
      if (!means(terms[x], Kind::kElement)) continue;
      for (size_t m = 0; m < terms.size(); ++m)
        if (means(terms[m], Kind::kMean) && terms[m].negative != terms[x].negative)
          return summed(terms, x, m);
    }
    return -1;
  }

  int summed(const std::vector<Term>& terms, size_t x, size_t m) {
    int sum = graph_.constant(0);
    for (size_t k = 0; k < terms.size(); ++k) {
      if (k == m) continue;
      const int term = k == x ? leaf_({.kind = Kind::kCentred}) : of(terms[k].node);
      sum = terms[k].negative ? graph_.subtract(sum, term) : graph_.add(sum, term);
    }
    return sum;
  }

  Graph& graph_;
  const Tree& tree_;
  const std::vector<Meaning>& meanings_;
  const Leaf& leaf_;
  std::vector<int> known_;
};

}  // namespace

int lowered(Graph& graph, const Expression& expression, const Leaf& leaf) {
  return Lowering(graph, expression, leaf).of(expression.tree.root);
}

}  // namespace norma::expression
