#include "layers/norms/expression/loops.h"

#include <array>
#include <tuple>
#include <utility>

#include "core/kernels/lanes.h"
#include "layers/norms/expression/operations.h"

namespace norma::expression {
namespace {

using math::AllLanes;
using math::FirstLanes;
using math::Vec;

// body(column, lanes) for each register of a row; `together` of them a turn, whose loads need not
// wait for each other's stores.
template <class T, int together, class Body>
void over_columns(int64_t columns, Body&& body) {
  constexpr int64_t kLanes = Vec<T>::lanes;
  int64_t c = 0;
  for (; c + together * kLanes <= columns; c += together * kLanes)
#pragma GCC unroll 4
    for (int k = 0; k < together; ++k) body(c + k * kLanes, AllLanes<T>{});
  if constexpr (together > 1)
    for (; c + kLanes <= columns; c += kLanes) body(c, AllLanes<T>{});
  if (c < columns) body(c, FirstLanes<T>{columns - c});
}

// An operand of a row: a number for every column, or one for all.
template <class T, bool single>
struct Operand {
  explicit Operand(const T* p) : all(p) {
    if constexpr (single) one = Vec<T>(*p);
  }
  template <class Lanes>
  Vec<T> operator()(int64_t column, const Lanes& lanes) const {
    if constexpr (single)
      return one;
    else
      return lanes.load(all + column);
  }
  const T* all;
  Vec<T> one;
};

template <class T, Op op, unsigned single>
void map_loop(const Slot<T>* slots, const Places& places, int64_t rows, int64_t columns) {
  constexpr int kTogether = is_costly(op) ? 1 : 4;
  [&]<size_t... i>(std::index_sequence<i...>) {
    const Slot<T> from[] = {slots[places.from[i]]...};
    const Slot<T> to = slots[places.to];
    for (int64_t r = 0; r < rows; ++r) {
      const std::tuple operands(
          Operand<T, ((single >> i) & 1) != 0>(from[i].at + r * from[i].row)...);
      T* const target = to.at + r * to.row;
      over_columns<T, kTogether>(columns, [&](int64_t c, const auto& lanes) {
        lanes.store(target + c, Operation<op>::of(std::get<i>(operands)(c, lanes)...));
      });
    }
  }
  (std::make_index_sequence<static_cast<size_t>(arity(op))>{});
}

template <class T, Second second>
void over_columns_loop(const Slot<T>* slots, const Places& places, int64_t rows, int64_t columns) {
  using V = Vec<T>;
  constexpr int64_t kLanes = V::lanes;
  const Slot<T> a = slots[places.from[0]], b = slots[places.from[1]];
  T* const target = slots[places.to].at;
  for (int64_t r = 0; r < rows; ++r) {
    const T* const as = a.at + r * a.row;
    const T* const bs = b.at + r * b.row;
    // Several sums, as an addition waits for the one before it.
    V sums[4];
    for (V& sum : sums) sum = V(T(0));
    const auto term = [&](int64_t c, const auto& lanes) {
      if constexpr (second == Second::kWhole)
        return lanes.load(as + c) * lanes.load(bs + c);
      else
        return lanes.load(as + c);
    };
    int64_t c = 0;
    for (; c + 4 * kLanes <= columns; c += 4 * kLanes)
#pragma GCC unroll 4
      for (int k = 0; k < 4; ++k) sums[k] += term(c + k * kLanes, AllLanes<T>{});
    for (; c + kLanes <= columns; c += kLanes) sums[0] += term(c, AllLanes<T>{});
    if (c < columns)  // lanes beyond the end hold zeros
      sums[1] += term(c, FirstLanes<T>{columns - c});
    const T all = sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
    target[r] += second == Second::kSingle ? all * *bs : all;
  }
}

template <class T, Second second, int together, class Lanes>
void down_the_rows(const Slot<T>& a, const Slot<T>& b, T* target, int64_t rows, int64_t c,
                   const Lanes& lanes) {
  using V = Vec<T>;
  V sums[together];
  for (int k = 0; k < together; ++k) sums[k] = lanes.load(target + c + k * V::lanes);
  for (int64_t r = 0; r < rows; ++r) {
    const T* const as = a.at + r * a.row + c;
    const T* const bs = b.at + r * b.row;
#pragma GCC unroll 4
    for (int k = 0; k < together; ++k) {
      const int64_t at = k * V::lanes;
      if constexpr (second == Second::kMissing)
        sums[k] += lanes.load(as + at);
      else if constexpr (second == Second::kSingle)
        sums[k] += lanes.load(as + at) * V(*bs);
      else
        sums[k] += lanes.load(as + at) * lanes.load(bs + c + at);
    }
  }
  for (int k = 0; k < together; ++k) lanes.store(target + c + k * V::lanes, sums[k]);
}

template <class T, Second second>
void over_rows_loop(const Slot<T>* slots, const Places& places, int64_t rows, int64_t columns) {
  constexpr int64_t kLanes = Vec<T>::lanes;
  const Slot<T> a = slots[places.from[0]], b = slots[places.from[1]];
  T* const target = slots[places.to].at;
  int64_t c = 0;
  for (; c + 4 * kLanes <= columns; c += 4 * kLanes)
    down_the_rows<T, second, 4>(a, b, target, rows, c, AllLanes<T>{});
  for (; c + kLanes <= columns; c += kLanes)
    down_the_rows<T, second, 1>(a, b, target, rows, c, AllLanes<T>{});
  if (c < columns) down_the_rows<T, second, 1>(a, b, target, rows, c, FirstLanes<T>{columns - c});
}

}  // namespace

template <class T>
Loop<T> loop_of(Op op, unsigned single) {
  Loop<T> found = nullptr;
  with_operation(op, [&]<Op known>(Operation<known>) {
    // At least one operand is whole, but for a number that is copied into a row.
    constexpr unsigned kMasks = known == Op::kCopy  ? 2
                                : arity(known) == 1 ? 1
                                                    : (1u << arity(known)) - 1;
    [&]<unsigned... mask>(std::integer_sequence<unsigned, mask...>) {
      ((single == mask ? void(found = &map_loop<T, known, mask>) : void()), ...);
    }
    (std::make_integer_sequence<unsigned, kMasks>{});
  });
  return found;
}

template <class T>
Loop<T> sum_over_columns(Second second) {
  constexpr std::array kAll{&over_columns_loop<T, Second::kMissing>,
                            &over_columns_loop<T, Second::kSingle>,
                            &over_columns_loop<T, Second::kWhole>};
  return kAll[static_cast<size_t>(second)];
}

template <class T>
Loop<T> sum_over_rows(Second second) {
  constexpr std::array kAll{&over_rows_loop<T, Second::kMissing>,
                            &over_rows_loop<T, Second::kSingle>,
                            &over_rows_loop<T, Second::kWhole>};
  return kAll[static_cast<size_t>(second)];
}

double computed(Op op, double a, double b, double c) {
  double value = 0;
  with_operation(op, [&]<Op known>(Operation<known>) {
    using V = Vec<double>;
    value = Operation<known>::of(V(a), V(b), V(c))[0];
  });
  return value;
}

template Loop<float> loop_of(Op, unsigned);
template Loop<double> loop_of(Op, unsigned);
template Loop<float> sum_over_columns(Second);
template Loop<double> sum_over_columns(Second);
template Loop<float> sum_over_rows(Second);
template Loop<double> sum_over_rows(Second);

}  // namespace norma::expression
