#include "apps/bench/roof.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "apps/bench/roof_loops.h"
#include "core/onednn.h"

namespace norma {
namespace {

// Between what one core's nearest cache holds and what no cache does.
double rounded_working_set(double bytes) {
  const double least = 256 * 1024.0, most = 512 * 1024 * 1024.0;
  return std::clamp(std::exp2(std::round(std::log2(std::max(bytes, 1.0)))), least, most);
}

}  // namespace

const char* name_of(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::kVector:
      return "vector";
    case Arithmetic::kProductFloat32:
      return "float32 product";
    case Arithmetic::kProductBFloat16:
      return "bfloat16 product";
  }
  return "?";
}

double MemoryRoof::best(Traffic traffic) const {
  const double streams = std::max(copy, triad);
  switch (traffic) {
    case Traffic::kStreams:
      return streams;
    case Traffic::kInPlace:
      return std::max(streams, update);
    case Traffic::kReads:
      return std::max(streams, read);
  }
  return streams;
}

Roofs::Roofs(std::span<const Work> under) {
  std::set<double> working_sets;
  for (const Work& work : under) working_sets.insert(rounded_working_set(work.working_set));
  for (const double bytes : working_sets) memory_.push_back({.working_set = bytes});
  for (size_t i = 0; i < memory_.size(); ++i) add_memory(i);
  add_arithmetic();
}

void Roofs::add_memory(size_t index) {
  const auto add = [&](Work work, double MemoryRoof::*figure) {
    works_.push_back(std::move(work));
    entries_.push_back({.arithmetic = {}, .shape = {}, .memory = index, .figure = figure});
  };
  const double bytes = memory_[index].working_set;
  add(copy_loop(bytes), &MemoryRoof::copy);
  add(triad_loop(bytes), &MemoryRoof::triad);
  add(update_loop(bytes), &MemoryRoof::update);
  add(read_loop(bytes), &MemoryRoof::read);
}

void Roofs::add_arithmetic() {
  const auto add = [&](Arithmetic arithmetic, const std::string& shape, Work work) {
    works_.push_back(std::move(work));
    entries_.push_back({.arithmetic = arithmetic, .shape = shape, .memory = 0});
  };
  for (int i = 0; i < kArithmetics; ++i)
    arithmetic_[static_cast<size_t>(i)].arithmetic = static_cast<Arithmetic>(i);
  add(Arithmetic::kVector, "", multiply_add_loop());
  for (const int64_t size : {256, 512, 1024}) {
    const std::string edge = std::to_string(size), shape = edge + "x" + edge + "x" + edge;
    add(Arithmetic::kProductFloat32, shape, onednn_product_loop(DType::kFloat32, size));
    add(Arithmetic::kProductFloat32, shape + " by Norma", packed_product_loop(size));
    if (onednn::supports_bfloat16())
      add(Arithmetic::kProductBFloat16, shape, onednn_product_loop(DType::kBFloat16, size));
  }
}

void Roofs::take(std::span<const Timing> timings) {
  for (size_t i = 0; i < works_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.figure) {
      memory_[entry.memory].*entry.figure = works_[i].bytes / timings[i].median * 1e-3;
      continue;
    }
    ArithmeticRoof& roof = arithmetic_[static_cast<size_t>(entry.arithmetic)];
    const double rate = works_[i].flops / timings[i].median * 1e-3;
    if (rate > roof.rate) roof.rate = rate, roof.shape = entry.shape;
  }
}

double Roofs::bandwidth(const Work& work) const {
  const double bytes = rounded_working_set(work.working_set);
  for (const MemoryRoof& roof : memory_)
    if (roof.working_set == bytes) return roof.best(work.traffic);
  return 0;
}

Bound Roofs::bound(const Work& work) const {
  Bound bound{.bandwidth = bandwidth(work), .rate = of(work.arithmetic).rate};
  bound.by_memory = work.bytes / bound.bandwidth > work.flops / bound.rate;
  return bound;
}

}  // namespace norma
