#include "data/sampler.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "core/error.h"
#include "tests/catch.h"

namespace norma {
namespace {

std::vector<uint64_t> all_of(uint64_t count, uint64_t seed) {
  const Permutation permutation(count, RandomStream(seed, 7));
  std::vector<uint64_t> order;
  for (uint64_t i = 0; i < count; ++i) order.push_back(permutation(i));
  return order;
}

std::vector<int64_t> epoch_of(const Sampler& sampler, int64_t epoch) {
  std::vector<int64_t> places;
  for (int64_t i = 0; i < sampler.epoch_size(); ++i)
    places.push_back(sampler.at(static_cast<uint64_t>(epoch * sampler.epoch_size() + i)));
  return places;
}

}  // namespace

TEST_CASE("a permutation hits every number once, whatever the count", "[data][sampler]") {
  for (const uint64_t count : {1, 2, 3, 7, 15, 16, 17, 255, 256, 257, 1000, 4096, 65537}) {
    std::vector<uint64_t> order = all_of(count, 3);
    std::sort(order.begin(), order.end());
    bool is_bijection = true;
    for (uint64_t i = 0; i < count; ++i) is_bijection &= order[i] == i;
    INFO(count);
    CHECK(is_bijection);
  }
}

TEST_CASE("all orders of four elements are about equally frequent", "[data][sampler]") {
  constexpr int kDraws = 24 * 500;
  std::map<std::vector<uint64_t>, int> frequency;
  for (uint64_t seed = 0; seed < kDraws; ++seed) ++frequency[all_of(4, seed)];
  REQUIRE(frequency.size() == 24);
  double chi_square = 0;
  for (const auto& [order, count] : frequency)
    chi_square += (count - 500.0) * (count - 500.0) / 500;
  // 23 degrees of freedom: mean 23, exceeded by chance once in 1000 at 49.7.
  CHECK(chi_square < 49.7);
}

TEST_CASE("where an element goes says nothing about its neighbour", "[data][sampler]") {
  // A shuffled order of n has |difference of neighbours| about n/3 on average, and about one pair
  // of neighbours that stay in succession.
  constexpr uint64_t n = 30000;
  const std::vector<uint64_t> order = all_of(n, 5);
  double distance = 0;
  int successions = 0;
  for (size_t i = 1; i < n; ++i) {
    distance += std::abs(static_cast<double>(order[i]) - static_cast<double>(order[i - 1]));
    successions += order[i] == order[i - 1] + 1;
  }
  CHECK(std::abs(distance / n / (n / 3.0) - 1) < 0.02);
  CHECK(successions <= 7);
}

TEST_CASE("an epoch of single samples takes each once; epochs and seeds differ",
          "[data][sampler]") {
  const Sampler sampler({100, 1}, Order::kShuffled, 1);
  REQUIRE(sampler.epoch_size() == 100);
  const std::vector<int64_t> first = epoch_of(sampler, 0), second = epoch_of(sampler, 1);
  CHECK(std::set<int64_t>(first.begin(), first.end()).size() == 100);
  CHECK(*std::max_element(first.begin(), first.end()) == 99);
  CHECK(first != second);
  CHECK(first != epoch_of(Sampler({100, 1}, Order::kShuffled, 2), 0));
  CHECK(first == epoch_of(Sampler({100, 1}, Order::kShuffled, 1), 0));
}

TEST_CASE("windows of an epoch stand side by side; over epochs they start everywhere",
          "[data][sampler]") {
  // A text of 47 tokens read in windows of 8: the places 0 … 38 leave room for a window.
  const Sampler sampler({39, 8}, Order::kShuffled, 1);
  REQUIRE(sampler.epoch_size() == 4);
  std::set<int64_t> starts;
  for (int64_t epoch = 0; epoch < 400; ++epoch) {
    std::vector<int64_t> places = epoch_of(sampler, epoch);
    starts.insert(places.begin(), places.end());
    std::sort(places.begin(), places.end());
    for (size_t i = 1; i < places.size(); ++i) REQUIRE(places[i] - places[i - 1] == 8);
  }
  CHECK(*starts.begin() == 0);
  CHECK(*starts.rbegin() == 38);
  CHECK(starts.size() == 39);
}

TEST_CASE("sequential order takes every stride-th place and starts over", "[data][sampler]") {
  const Sampler windows({39, 8}, Order::kSequential, 1);
  const std::vector<int64_t> expected{0, 8, 16, 24, 32, 0, 8};
  for (size_t k = 0; k < expected.size(); ++k) CHECK(windows.at(k) == expected[k]);
  const Sampler images({3, 1}, Order::kSequential, 1);
  CHECK(images.epoch_size() == 3);
  CHECK(images.at(300000001) == 300000001 % 3);
}

TEST_CASE("data smaller than one stride still gives a sample an epoch", "[data][sampler]") {
  const Sampler sampler({5, 8}, Order::kShuffled, 1);
  CHECK(sampler.epoch_size() == 1);
  std::set<int64_t> starts;
  for (uint64_t k = 0; k < 100; ++k) starts.insert(sampler.at(k));
  CHECK(starts == std::set<int64_t>{0, 1, 2, 3, 4});
}

TEST_CASE("no training data is an error", "[data][sampler]") {
  CHECK_THROWS_AS(Sampler({0, 1}, Order::kShuffled, 1), Error);
  CHECK_THROWS_AS(Sampler({5, 0}, Order::kSequential, 1), Error);
}

}  // namespace norma
