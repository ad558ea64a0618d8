#include "apps/statistics/verdict.h"

namespace norma {
namespace {

// What is known of who is better than whom: from tests, and from what follows of them.
class Order {
 public:
  explicit Order(size_t arms) : better_(arms, std::vector<bool>(arms, false)) {}

  void put(size_t better, size_t worse) { better_[better][worse] = true; }

  // Where a is better than b, and b than c, a is better than c: this holds whenever both findings
  // do, so it costs no confidence.
  void conclude() {
    const size_t n = better_.size();
    for (size_t between = 0; between < n; ++between)
      for (size_t a = 0; a < n; ++a)
        for (size_t c = 0; c < n; ++c)
          if (better_[a][between] && better_[between][c]) better_[a][c] = true;
  }

  std::vector<Rank> ranks() const {
    const size_t n = better_.size();
    std::vector<Rank> all(n, Rank{1, static_cast<int>(n)});
    for (size_t a = 0; a < n; ++a)
      for (size_t b = 0; b < n; ++b)
        if (better_[a][b]) ++all[b].best, --all[a].worst;
    return all;
  }

 private:
  std::vector<std::vector<bool>> better_;
};

// The findings of one family of tests, held together by Holm's method.
class Family {
 public:
  void add(size_t x, size_t y, const std::optional<TTest>& test) {
    if (!test) return;
    pairs_.push_back({x, y, test->difference});
    p_.push_back(test->p);
  }

  void tell(Order& order, double level) const {
    const std::vector<double> adjusted = holm_adjusted(p_);
    for (size_t i = 0; i < pairs_.size(); ++i) {
      const auto& [x, y, difference] = pairs_[i];
      if (adjusted[i] <= level) difference < 0 ? order.put(x, y) : order.put(y, x);
    }
  }

 private:
  struct Pair {
    size_t x, y;
    double difference;
  };
  std::vector<Pair> pairs_;
  std::vector<double> p_;
};

}  // namespace

std::vector<Rank> rank_ranges(std::span<const ArmScores> arms, const std::string& baseline,
                              const VerdictOptions& options) {
  Family with_baseline, others;
  for (size_t x = 0; x < arms.size(); ++x)
    for (size_t y = x + 1; y < arms.size(); ++y) {
      const bool judged = arms[x].arm == baseline || arms[y].arm == baseline;
      (judged ? with_baseline : others).add(x, y, test_of_arms(arms[x], arms[y], options));
    }
  Order order(arms.size());
  with_baseline.tell(order, 1 - options.confidence);
  others.tell(order, 1 - options.confidence);
  order.conclude();
  return order.ranks();
}

}  // namespace norma
