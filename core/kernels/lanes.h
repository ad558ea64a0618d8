#pragma once

#include "core/kernels/simd.h"

namespace norma::math {

// Which lanes of a register take part in a step of a loop: all of them …
template <class T>
struct AllLanes {
  Vec<T> load(const T* p) const { return Vec<T>::load(p); }
  void store(T* p, Vec<T> v) const { v.store(p); }
  // v in the lanes that take part, `otherwise` in the rest.
  Vec<T> keep(Vec<T> v, Vec<T>) const { return v; }
};

// … or the first n, where a row ends within the register.
template <class T>
struct FirstLanes {
  int64_t n;
  Vec<T> load(const T* p) const { return Vec<T>::load_first(p, n); }
  void store(T* p, Vec<T> v) const { v.store_first(p, n); }
  Vec<T> keep(Vec<T> v, Vec<T> otherwise) const { return select(Mask<T>::first(n), v, otherwise); }
};

// Walks a row of `count` elements by the register: step(i, lanes) for i = 0, Vec<T>::lanes, …, the
// last with FirstLanes where the row ends within a register.
template <class T, class Step>
void for_each_register(int64_t count, Step step) {
  constexpr int64_t kLanes = Vec<T>::lanes;
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) step(i, AllLanes<T>{});
  if (i < count) step(i, FirstLanes<T>{count - i});
}

}  // namespace norma::math
