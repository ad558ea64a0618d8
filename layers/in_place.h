#pragma once

#include <utility>

#include "core/tape.h"

namespace norma {

// For operations whose input gradient is computed element by element from the output's: calls
// write(dx, dy) and gives dx. dx is dy's own memory when nobody else holds it, else new memory.
template <class Write>
void give_in_place(Grads& grads, Write&& write) {
  Tensor dy = grads.take_out();
  Tensor dx = dy.unique() ? dy : Tensor::empty(dy.shape(), dy.dtype());
  write(dx, dy);
  dy = Tensor();
  grads.give(0, std::move(dx));
}

}  // namespace norma
