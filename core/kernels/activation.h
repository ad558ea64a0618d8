#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace norma {

// The functions a feed-forward layer can put between its two products. The gated ones multiply
// f(gate) with a second branch.
enum class Activation : uint8_t {
  kIdentity,
  kRelu,      // max(x, 0)
  kRelu2,     // max(x, 0)²  (So et al. 2021, "Primer")
  kGelu,      // x·Φ(x), by erf  (Hendrycks and Gimpel 2016)
  kGeluTanh,  // its approximation by tanh, as in GPT-2
  kSilu,      // x·sigmoid(x), also called swish
  kTanh,
  kSigmoid,
  kSwiglu,  // silu(gate)·up  (Shazeer 2020)
  kGeglu,   // gelu(gate)·up
};

// The spelling used in configs: "relu", "gelu_tanh", "swiglu" …
std::string_view name_of(Activation kind);
// All of them, in alphabetical order.
std::span<const std::string_view> activation_names();
// The activation of that name, or nothing.
std::optional<Activation> activation_from_name(std::string_view name);

// Whether the activation takes two inputs, gate and up.
bool is_gated(Activation kind);
// The function a gated activation applies to its gate; any other is its own.
Activation gate_function(Activation kind);

namespace kernels {

// Rows of a matrix that may be a part of a wider one: element (r, c) at data[r·stride + c].
template <class T>
struct RowsOf {
  T* data;
  int64_t stride;
};

// y = f(x) for `count` elements; y may be x. A gated kind throws Error: it has two inputs.
template <class T>
void activation_forward(Activation kind, T* y, const T* x, int64_t count);

// dx = dy·f'(x), x being what the forward read; dx may be dy.
template <class T>
void activation_backward(Activation kind, T* dx, const T* dy, const T* x, int64_t count);

// y = f(gate)·up, each (rows, width); y may be gate or up. `kind` is a gated kind.
template <class T>
void gated_forward(Activation kind, RowsOf<T> y, RowsOf<const T> gate, RowsOf<const T> up,
                   int64_t rows, int64_t width);

// dgate = dy·up·f'(gate), dup = dy·f(gate), each (rows, width); dgate and dup may be gate and up.
template <class T>
void gated_backward(Activation kind, RowsOf<T> dgate, RowsOf<T> dup, RowsOf<const T> dy,
                    RowsOf<const T> gate, RowsOf<const T> up, int64_t rows, int64_t width);

}  // namespace kernels
}  // namespace norma
