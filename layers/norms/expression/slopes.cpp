#include <unordered_map>

#include "layers/norms/expression/graph.h"

namespace norma::expression {
namespace {

class Slopes {
 public:
  Slopes(Graph& graph, const std::vector<int>& seeds) : g_(graph) {
    for (const int seed : seeds) known_[seed] = g_.constant(1);
  }

  int of(int i) {
    if (const auto found = known_.find(i); found != known_.end()) return found->second;
    const Graph::Node node = g_[i];  // a copy: making nodes moves them
    int in[3] = {-1, -1, -1};
    bool any = false;
    for (int k = 0; k < arity(node.op); ++k) {
      in[k] = of(node.of[k]);
      any |= !g_.is(in[k], 0);
    }
    return known_[i] = any ? computed(i, node, in) : g_.constant(0);
  }

 private:
  int constant(double value) { return g_.constant(value); }
  int times(int a, int b) { return g_.multiply(a, b); }

  // The slope of node i = op(a, b, c) from those of a, b, c.
  int computed(int i, const Graph::Node& node, const int* in) {
    const auto [a, b, c] = node.of;
    switch (arity(node.op)) {
      case 1:
        return times(in[0], of_one(i, node.op, a));
      case 2:
        return of_two(i, node.op, a, b, in[0], in[1]);
      default:
        return of_three(node.op, a, b, c, in);
    }
  }

  // The derivative of y = op(a).
  int of_one(int y, Op op, int a) {
    switch (op) {
      case Op::kNegate:
        return constant(-1);
      case Op::kAbs:
        return g_.make(Op::kSign, a);
      case Op::kRelu:
        return g_.make(Op::kLess, constant(0), a);
      case Op::kSqrt:
        return g_.divide(constant(0.5), y);
      case Op::kRsqrt:
        return times(constant(-0.5), times(y, times(y, y)));
      case Op::kExp:
        return y;
      case Op::kExpm1:
        return g_.make(Op::kExp, a);
      case Op::kLog:
        return g_.divide(constant(1), a);
      case Op::kLog1p:
        return g_.divide(constant(1), g_.add(constant(1), a));
      case Op::kTanh:
        return g_.subtract(constant(1), times(y, y));
      case Op::kErf:
        return g_.make(Op::kErfSlope, a);
      case Op::kSigmoid:
        return times(y, g_.subtract(constant(1), y));
      case Op::kSoftplus:
        return g_.make(Op::kSigmoid, a);
      case Op::kAtan:
        return g_.divide(constant(1), g_.add(constant(1), times(a, a)));
      case Op::kSin:
        return g_.make(Op::kCos, a);
      case Op::kCos:
        return g_.negate(g_.make(Op::kSin, a));
      default:
        return constant(0);  // sign: flat between its steps
    }
  }

  int of_two(int y, Op op, int a, int b, int da, int db) {
    switch (op) {
      case Op::kAdd:
        return g_.add(da, db);
      case Op::kSubtract:
        return g_.subtract(da, db);
      case Op::kMultiply:
        return g_.add(times(da, b), times(a, db));
      case Op::kDivide:
        return g_.divide(g_.subtract(da, times(y, db)), b);
      case Op::kMax:
        return shared(g_.make(Op::kLarger, a, b), da, db);
      case Op::kMin:
        return shared(g_.make(Op::kLarger, b, a), da, db);
      default:
        return constant(0);  // comparisons
    }
  }

  // `share` of da and the rest of db, where share is 0, ½ or 1. What has no share may be infinite,
  // and must then be left out rather than multiplied by 0.
  int shared(int share, int da, int db) {
    if (is_tame(da) && is_tame(db))
      return g_.add(times(share, da), times(g_.subtract(constant(1), share), db));
    const int half = times(constant(0.5), g_.add(da, db));
    const int one = g_.make(Op::kSelect, g_.make(Op::kLess, constant(0.5), share), da, db);
    return g_.make(Op::kSelect, g_.make(Op::kEqual, share, constant(0.5)), half, one);
  }

  // Whether it is finite where all that it is computed of is finite and not huge.
  bool is_tame(int i) {
    if (const auto found = tame_.find(i); found != tame_.end()) return found->second;
    const Graph::Node& node = g_[i];
    bool tame = !is_costly(node.op) || node.op == Op::kTanh || node.op == Op::kErf ||
                node.op == Op::kErfSlope || node.op == Op::kSigmoid || node.op == Op::kAtan ||
                node.op == Op::kSin || node.op == Op::kCos;
    for (int k = 0; k < arity(node.op) && tame; ++k) tame = is_tame(node.of[k]);
    return tame_[i] = tame;
  }

  int of_three(Op op, int a, int b, int c, const int* in) {
    if (op == Op::kSelect) return g_.make(Op::kSelect, a, in[1], in[2]);
    // Clamp passes the slope on within the closed interval.
    const int above = g_.make(Op::kSelect, g_.make(Op::kLess, c, a), in[2], in[0]);
    return g_.make(Op::kSelect, g_.make(Op::kLess, a, b), in[1], above);
  }

  Graph& g_;
  std::unordered_map<int, int> known_;
  std::unordered_map<int, bool> tame_;
};

}  // namespace

int slope_of(Graph& graph, int node, const std::vector<int>& seeds) {
  return Slopes(graph, seeds).of(node);
}

}  // namespace norma::expression
