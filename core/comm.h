#pragma once

#include <cstddef>
#include <span>

namespace norma {

// The processes that share one training, and what they tell each other. Every rank runs the same
// program on its share of each batch; samples are numbered globally (data/loader.h), gradients are
// summed over the ranks, and rank 0 alone writes files. Every rank makes the same calls in the same
// order.
class Comm {
 public:
  virtual ~Comm() = default;
  virtual int rank() const = 0;  // 0 … size() - 1
  virtual int size() const = 0;

  // Replaces every entry by its sum over all ranks, added in rank order: the same bits on all ranks
  // and in every run. All ranks pass spans of the same length.
  virtual void all_reduce(std::span<float> sums) = 0;
  virtual void all_reduce(std::span<double> sums) = 0;
  // all = the `mine` of rank 0, of rank 1, …; it holds size() times as many entries. For what is
  // merged in rank order and not simply added: counts, means and squared deviations.
  virtual void all_gather(std::span<const double> mine, std::span<double> all) = 0;
  // Overwrites `bytes` with those of rank `root`.
  virtual void broadcast(std::span<std::byte> bytes, int root) = 0;
};

// A training in this process alone: rank 0 of 1.
Comm& single_process();

}  // namespace norma
