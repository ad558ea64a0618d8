#pragma once

#include <cstdint>

#include "layers/norms/expression/vocabulary.h"

// The inner loops of programs: one operation over a piece of a block.
namespace norma::expression {

// Where the numbers of a value are for the piece at hand: the first, and how many further each row
// begins (0 where a value does not vary from row to row).
template <class T>
struct Slot {
  T* at;
  int64_t row;
};

// Which slots an operation reads and writes. An operand that is `single` has one number a row, any
// other as many as the piece has columns.
struct Places {
  uint16_t from[3];
  uint16_t to;
};

template <class T>
using Loop = void (*)(const Slot<T>* slots, const Places& places, int64_t rows, int64_t columns);

// to[r][c] = op(from …). Bit i of `single` says that operand i is.
template <class T>
Loop<T> loop_of(Op op, unsigned single);

// Sums of products of two values, added to what is there: over the columns of each row (to[r]), or
// over the rows of each column (to[c]). The second operand may be single, or missing: a sum of the
// first alone.
enum class Second : uint8_t { kMissing, kSingle, kWhole };
template <class T>
Loop<T> sum_over_columns(Second second);
template <class T>
Loop<T> sum_over_rows(Second second);

// The same operation on single numbers.
double computed(Op op, double a, double b, double c);

}  // namespace norma::expression
