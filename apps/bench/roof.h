#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "apps/bench/bench_case.h"
#include "apps/bench/stopwatch.h"

namespace norma {

// What memory does at one working set, GB/s: by McCalpin's STREAM copy (a = b) and triad
// (a = b + s·c), an update in place (a = s·a + b), and a sum that only reads. Bytes count what is
// read and what is written once each.
struct MemoryRoof {
  double working_set = 0;  // bytes of the arrays in all
  double copy = 0, triad = 0, update = 0, read = 0;
  double best(Traffic traffic) const;
};

// What arithmetic of a kind does at most.
struct ArithmeticRoof {
  Arithmetic arithmetic{};
  double rate = 0;    // GFLOP/s; 0 where the processor has no such arithmetic
  std::string shape;  // the product that reached it
};

// What binds a work: a rate in GFLOP/s and bytes in GB/s, one of which it can reach.
struct Bound {
  bool by_memory = false;
  double bandwidth = 0, rate = 0;
};

// The roofs under which works run, measured in the same turns: memory at their working sets
// (rounded to powers of two), the best of oneDNN's products and Norma's own at the shapes that
// run best, and multiply-adds in registers. All on all worker threads.
class Roofs {
 public:
  explicit Roofs(std::span<const Work> under);

  // What is to be timed, and where the timings go, in the same order.
  const std::vector<Work>& works() const { return works_; }
  void take(std::span<const Timing> timings);

  const std::vector<MemoryRoof>& memory() const { return memory_; }
  const std::array<ArithmeticRoof, kArithmetics>& arithmetic() const { return arithmetic_; }
  const ArithmeticRoof& of(Arithmetic arithmetic) const {
    return arithmetic_[static_cast<size_t>(arithmetic)];
  }
  double bandwidth(const Work& work) const;
  Bound bound(const Work& work) const;

 private:
  struct Entry {
    Arithmetic arithmetic;
    std::string shape;  // of a product
    size_t memory;      // index into memory_, where `figure` is set
    double MemoryRoof::*figure = nullptr;
  };
  void add_memory(size_t index);
  void add_arithmetic();
  std::vector<Work> works_;
  std::vector<Entry> entries_;  // beside works_
  std::vector<MemoryRoof> memory_;
  std::array<ArithmeticRoof, kArithmetics> arithmetic_;
};

// "vector", "float32 product", "bfloat16 product".
const char* name_of(Arithmetic arithmetic);

}  // namespace norma
