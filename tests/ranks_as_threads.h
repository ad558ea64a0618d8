#pragma once

#include <algorithm>
#include <barrier>
#include <thread>
#include <vector>

#include "core/comm.h"

namespace norma {

// Ranks that are threads and leave their messages in common memory.
class RanksAsThreads {
 public:
  explicit RanksAsThreads(int size) : meet_(size), sent_(static_cast<size_t>(size)) {}

  class Rank final : public Comm {
   public:
    Rank(RanksAsThreads& all, int rank) : all_(all), rank_(rank) {}
    int rank() const override { return rank_; }
    int size() const override { return static_cast<int>(all_.sent_.size()); }
    void all_reduce(std::span<float> sums) override { reduce(sums); }
    void all_reduce(std::span<double> sums) override { reduce(sums); }
    void all_gather(std::span<const double> mine, std::span<double> all) override {
      exchange(mine, [&](int from, std::span<const double> theirs) {
        std::copy(theirs.begin(), theirs.end(), all.begin() + from * std::ssize(mine));
      });
    }
    void broadcast(std::span<std::byte> bytes, int root) override {
      exchange(std::span<const std::byte>(bytes), [&](int from, std::span<const std::byte> theirs) {
        if (from == root && from != rank_) std::copy(theirs.begin(), theirs.end(), bytes.begin());
      });
    }

   private:
    // Shows `mine` to all ranks and calls take(rank, theirs) for each in order.
    template <class E, class Take>
    void exchange(std::span<const E> mine, Take take) {
      all_.sent_[static_cast<size_t>(rank_)] = mine.data();
      all_.meet_.arrive_and_wait();
      for (int from = 0; from < size(); ++from)
        take(from,
             std::span(static_cast<const E*>(all_.sent_[static_cast<size_t>(from)]), mine.size()));
      all_.meet_.arrive_and_wait();
    }
    template <class E>
    void reduce(std::span<E> sums) {
      std::vector<E> total(sums.size(), E(0));
      exchange(std::span<const E>(sums), [&](int, std::span<const E> theirs) {
        for (size_t i = 0; i < total.size(); ++i) total[i] += theirs[i];
      });
      std::copy(total.begin(), total.end(), sums.begin());
    }

    RanksAsThreads& all_;
    int rank_;
  };

 private:
  friend class Rank;
  std::barrier<> meet_;
  std::vector<const void*> sent_;
};

// Runs body(comm) on as many threads as there are ranks.
template <class Body>
void on_ranks(int ranks, const Body& body) {
  RanksAsThreads threads(ranks);
  std::vector<std::thread> running;
  for (int rank = 0; rank < ranks; ++rank)
    running.emplace_back([&, rank] {
      RanksAsThreads::Rank comm(threads, rank);
      body(comm);
    });
  for (std::thread& each : running) each.join();
}

}  // namespace norma
