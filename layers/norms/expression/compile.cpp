#include <algorithm>

#include "layers/norms/expression/assembler.h"
#include "layers/norms/expression/formula.h"
#include "layers/norms/expression/lowering.h"
#include "layers/norms/expression/places.h"

namespace norma::expression {
namespace {

using Kind = Meaning::Kind;
using Shares = FormulaText::Shares;

// Whether the mean is asked for: then moments are taken about it.
bool asks_for_mean(const Expression& expression) {
  for (size_t i = 0; i < expression.tree.nodes.size(); ++i) {
    if (expression.tree.nodes[i].op != Op::kName) continue;
    const Kind kind = expression.meanings[i].kind;
    if (kind == Kind::kCentred || kind == Kind::kMean || kind == Kind::kVariance) return true;
  }
  return false;
}

class Compilation {
 public:
  explicit Compilation(const CheckedFormula& checked)
      : checked_(checked), shares_(checked.shares), made_(std::make_shared<Formula>()) {
    made_->params = checked.params;
    for (const FormulaText::Param& param : checked.params)
      made_->state_names.push_back(state_name(param.name));
    made_->centred = asks_for_mean(checked.map);
    for (const Expression& each : checked.stats) made_->centred |= asks_for_mean(each);
  }

  // Null where the map takes more statistics than fit.
  std::shared_ptr<const Formula> formula() {
    const int dy = graph_.argument(block_argument::kDy, Level::kElement);
    x_ = graph_.argument(block_argument::kX, Level::kElement);
    u_ = x_;
    if (made_->centred)
      u_ = graph_.make(Op::kCentre, x_, graph_.argument(block_argument::kHigh, of_stats()),
                       graph_.argument(block_argument::kLow, of_stats()));
    const int y = lowered(graph_, checked_.map, [&](const Meaning& name) { return leaf(name); });
    // What is centred alone still has a table.
    if (stats_.empty() && shares_ != Shares::kNothing) stats_.push_back({.value = 1});
    if (stats_.size() > kernels::kMaxNormStats) return nullptr;
    made_->stats = static_cast<int>(stats_.size());

    Assembler forward(graph_);
    forward.result(0, Level::kElement, y);
    made_->forward = forward.program();
    const int direct = graph_.multiply(dy, slope_of(graph_, y, {x_, u_}));
    make_apply(direct);
    make_sums(dy, y, direct);
    if (made_->stats > 0) make_tables();
    return made_;
  }

 private:
  bool by_rows() const { return shares_ != Shares::kChannel; }
  Level of_stats() const { return by_rows() ? Level::kRow : Level::kChannel; }
  int stat(int k) { return graph_.argument(block_argument::kStat + k, of_stats()); }
  int param(int j) {
    const bool per_channel = made_->params[static_cast<size_t>(j)].per_channel;
    return graph_.argument(block_argument::kParam + j,
                           per_channel ? Level::kChannel : Level::kUniform);
  }

  int leaf(const Meaning& meaning) {
    switch (meaning.kind) {
      case Kind::kElement:
        return x_;
      case Kind::kCentred:
        return u_;
      case Kind::kParam:
        return param(meaning.number);
      case Kind::kConstant:
        return graph_.constant(meaning.value);
      default:
        return stat(number_of(meaning));
    }
  }

  // Which of the stats a statistic or a moment is, that the map asks for.
  int number_of(const Meaning& meaning) {
    size_t k = 0;
    while (k < stats_.size() &&
           (stats_[k].kind != meaning.kind || stats_[k].number != meaning.number))
      ++k;
    if (k == stats_.size()) stats_.push_back(meaning);
    return static_cast<int>(std::min<size_t>(k, kernels::kMaxNormStats));
  }

  // dx = dy·∂f/∂x + along_one + along_u·u.
  void make_apply(int direct) {
    constexpr int kCheap = 6;
    if (made_->stats == 0) return;
    const int moved =
        graph_.add(graph_.multiply(graph_.argument(block_argument::kAlongU, of_stats()), u_),
                   graph_.argument(block_argument::kAlongOne, of_stats()));
    const auto plus = [&](int rest) {
      Assembler apply(graph_);
      apply.result(0, Level::kElement, graph_.add(moved, rest));
      return apply.program();
    };
    made_->apply = plus(direct);
    made_->keeps_direct = !by_rows() && made_->apply.cost() > kCheap;
    if (made_->keeps_direct)
      made_->apply = plus(graph_.argument(block_argument::kKept, Level::kElement));
  }

  void make_sums(int dy, int y, int direct) {
    using Sum = Assembler::Sum;
    Assembler sums(graph_);
    const auto slope = [&](int by) { return graph_.multiply(dy, slope_of(graph_, y, {by})); };
    const Sum of_stat = by_rows() ? Sum::kOfRow : Sum::kOfChannel;
    for (int k = 0; k < made_->stats; ++k)
      sums.sum(sums_result::kStat + k, of_stat, slope(stat(k)));
    if (made_->stats > 0)
      sums.sum(sums_result::kCentre, of_stat, made_->centred ? slope(u_) : graph_.constant(0));
    for (int j = 0; j < static_cast<int>(made_->params.size()); ++j) {
      const Sum all = by_rows() ? Sum::kAll : Sum::kAllByChannels;
      const bool per_channel = made_->params[static_cast<size_t>(j)].per_channel;
      sums.sum(sums_result::kParam + j, per_channel ? Sum::kOfChannel : all, slope(param(j)));
    }
    if (made_->keeps_direct || made_->stats == 0)
      sums.result(sums_result::kDx, Level::kElement, direct);
    made_->sums = sums.program();
  }

  // The nodes of the stats where moments are those of a batch, or of running statistics.
  std::vector<int> stats_in(Graph& graph, bool running) const {
    const auto argument = [&](int number) { return graph.argument(number, Level::kChannel); };
    const int mean = argument(table_argument::kMean), m2 = argument(table_argument::kM2);
    const int second = running ? m2 : graph.divide(m2, argument(table_argument::kN));
    std::vector<int> named;
    const Leaf leaf = [&](const Meaning& meaning) {
      switch (meaning.kind) {
        case Kind::kMean:
          return mean;
        case Kind::kVariance:
          return second;
        case Kind::kMeanSquare:
          return made_->centred ? graph.add(second, graph.multiply(mean, mean)) : second;
        case Kind::kCount:
          return argument(table_argument::kN);
        case Kind::kStat:
          return named[static_cast<size_t>(meaning.number)];
        default:
          return graph.constant(meaning.value);
      }
    };
    for (const Expression& each : checked_.stats) named.push_back(lowered(graph, each, leaf));
    std::vector<int> nodes;
    for (const Meaning& each : stats_) nodes.push_back(leaf(each));
    return nodes;
  }

  static Program results_of(Graph& graph, const std::vector<int>& nodes) {
    Assembler made(graph);
    for (size_t k = 0; k < nodes.size(); ++k)
      made.result(static_cast<int>(k), Level::kChannel, nodes[k]);
    return made.program();
  }

  void make_tables() {
    Graph graph, of_running;
    const std::vector<int> stats = stats_in(graph, false);
    made_->table = results_of(graph, stats);
    made_->given = results_of(of_running, stats_in(of_running, true));
    std::vector<int> back;
    for (const int moment : {table_argument::kMean, table_argument::kM2}) {
      const int by = graph.argument(moment, Level::kChannel);
      int sum = graph.constant(0);
      for (size_t k = 0; k < stats.size(); ++k) {
        const int number = table_argument::kDstat + static_cast<int>(k);
        sum = graph.add(sum, graph.multiply(graph.argument(number, Level::kChannel),
                                            slope_of(graph, stats[k], {by})));
      }
      back.push_back(sum);
    }
    made_->table_back = results_of(graph, back);
  }

  const CheckedFormula& checked_;
  Shares shares_;
  std::shared_ptr<Formula> made_;
  Graph graph_;
  int x_ = -1, u_ = -1;
  std::vector<Meaning> stats_;  // what the table hands to the map
};

}  // namespace

std::shared_ptr<const Formula> compile(const FormulaText& text, std::vector<Mistake>& mistakes) {
  const size_t before = mistakes.size();
  const CheckedFormula checked = check(text, mistakes);
  if (mistakes.size() > before) return nullptr;
  std::shared_ptr<const Formula> made = Compilation(checked).formula();
  if (!made) mistakes.push_back({"map", "at most 4 statistics in the map, moments included"});
  return made;
}

}  // namespace norma::expression
