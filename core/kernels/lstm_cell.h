#pragma once

#include <cstdint>

// One step of a long short-term memory (Hochreiter and Schmidhuber 1997) behind its products. Gates
// stand as in PyTorch: input, forget, candidate, output, each `width` wide in rows of 4·width.
namespace norma::kernels {

struct LstmShape {
  int64_t rows, width;
  const uint8_t* valid;  // (rows): 0 = the state passes by unchanged; null = all 1
};

// With a = from_input + from_state: i = σ(a_i), f = σ(a_f), g = tanh(a_g), o = σ(a_o) and
// c = f·before + i·g. `gates` (rows, 3·width) receives i, f, g; the others are (rows, width).
// Rows that are not valid keep `before`, with o = 0.
template <class T>
void lstm_cell_forward(const LstmShape& shape, const T* from_input, const T* from_state,
                       const T* before, T* gates, T* o, T* c);

// da (rows, 4·width) and dbefore from the gradients of c and o, either of which may be null.
template <class T>
void lstm_cell_backward(const LstmShape& shape, const T* gates, const T* o, const T* before,
                        const T* dc, const T* do_, T* da, T* dbefore);

// h = o·tanh(x) where valid, else `before`.
template <class T>
void lstm_output_forward(const LstmShape& shape, const T* o, const T* x, const T* before, T* h);

// dbefore, which may be null, gets dh where a row is not valid.
template <class T>
void lstm_output_backward(const LstmShape& shape, const T* o, const T* x, const T* dh, T* do_,
                          T* dx, T* dbefore);

}  // namespace norma::kernels
