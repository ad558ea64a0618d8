#include "apps/statistics/verdict.h"

namespace norma {

std::vector<Rank> rank_ranges(std::span<const ArmScores> arms, const VerdictOptions& options) {
  struct Pair {
    size_t x, y;
    double difference;
  };
  std::vector<Pair> pairs;
  std::vector<double> p;
  for (size_t x = 0; x < arms.size(); ++x) {
    for (size_t y = x + 1; y < arms.size(); ++y) {
      const std::optional<TTest> test = test_of_arms(arms[x], arms[y], options);
      if (!test) continue;
      pairs.push_back({x, y, test->difference});
      p.push_back(test->p);
    }
  }
  const std::vector<double> adjusted = holm_adjusted(p);
  std::vector<Rank> ranks(arms.size(), Rank{1, static_cast<int>(arms.size())});
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (adjusted[i] > 1 - options.confidence) continue;
    const bool x_is_better = pairs[i].difference < 0;
    ++ranks[x_is_better ? pairs[i].y : pairs[i].x].best;
    --ranks[x_is_better ? pairs[i].x : pairs[i].y].worst;
  }
  return ranks;
}

}  // namespace norma
