#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/kernels/attention.h"
#include "core/kernels/attention_pack.h"
#include "core/kernels/attention_rows.h"
#include "core/parallel.h"

// How attention is cut into independent units of work, and where a unit keeps its scratch.
namespace norma::kernels::attention {

// Hands out aligned arrays from a block of memory; without a block it only counts.
class Scratch {
 public:
  explicit Scratch(void* block) : block_(static_cast<std::byte*>(block)) {}
  template <class T>
  T* take(int64_t count) {
    std::byte* at = block_ ? block_ + used_ : nullptr;
    // A cache line more than needed: arrays a multiple of 4 KiB apart would share cache sets.
    used_ += static_cast<size_t>(round_up(count * int64_t{sizeof(T)}, 64) + 64);
    return reinterpret_cast<T*>(at);
  }
  size_t used() const { return used_; }

 private:
  std::byte* block_;
  size_t used_ = 0;
};

// Threads that work on `units`, each a whole number of heads of one batch element.
inline int64_t workers_for(const AttentionShape& shape, int64_t units) {
  const int64_t heads_each = shape.batch * shape.heads / std::max<int64_t>(units, 1);
  const int64_t work =
      heads_each * shape.queries * shape.keys * std::max<int64_t>(shape.head_width / 16, 1);
  return chunks_of(units, work, thread_count()).number;
}

// Runs body(unit, scratch) for every unit; each worker owns one piece of the workspace and takes
// units as they come. Which worker computes a unit does not change its result.
template <class Body>
void for_each_unit(int64_t units, int64_t workers, void* workspace, size_t bytes_each, Body body) {
  std::atomic<int64_t> next{0};
  parallel_chunks(workers, [&](int64_t worker) {
    void* scratch = static_cast<std::byte*>(workspace) + static_cast<size_t>(worker) * bytes_each;
    for (int64_t unit = next++; unit < units; unit = next++) body(unit, scratch);
  });
}

// What the query rows from `first` on see of the keys.
template <class T>
SeenKeys<T> seen_from(const AttentionShape& shape, const AttentionOptions& options, int64_t first,
                      const T* visible) {
  if (!options.causal) return {shape.keys, shape.keys, 0, visible};
  return {shape.keys, first + options.query_offset + 1, 1, visible};
}

// The biases of head h (of any number of samples before it) that begin with those of query 0.
template <class T>
T* bias_of_first_query(const AttentionShape& shape, T* bias, int64_t h) {
  return bias + h * (shape.queries + shape.keys - 1) + shape.queries - 1;
}

// The rows of one head.
template <class T>
HeadRows<std::remove_const_t<T>> head_rows(AttentionView<T> view, int64_t batch, int64_t head) {
  return {view.data + batch * view.batch_stride + head * view.head_stride, view.row_stride};
}

// The key mask of one batch element as numbers, padded with zeros; null where there is no mask.
template <class T>
const T* expand_mask(T* visible, const uint8_t* mask, int64_t keys, int64_t padded) {
  if (!mask) return nullptr;
  for (int64_t j = 0; j < padded; ++j) visible[j] = j < keys && mask[j] ? T(1) : T(0);
  return visible;
}

}  // namespace norma::kernels::attention
