#include "core/kernels/activation.h"

#include <array>
#include <utility>

#include "core/kernels/activation_formulas.h"
#include "core/parallel.h"

namespace norma {
namespace {

using Named = std::pair<std::string_view, Activation>;

constexpr std::array<Named, 10> kNamed = {{
    {"geglu", Activation::kGeglu},
    {"gelu", Activation::kGelu},
    {"gelu_tanh", Activation::kGeluTanh},
    {"identity", Activation::kIdentity},
    {"relu", Activation::kRelu},
    {"relu2", Activation::kRelu2},
    {"sigmoid", Activation::kSigmoid},
    {"silu", Activation::kSilu},
    {"swiglu", Activation::kSwiglu},
    {"tanh", Activation::kTanh},
}};

constexpr auto kNames = [] {
  std::array<std::string_view, kNamed.size()> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = kNamed[i].first;
  return names;
}();

}  // namespace

std::string_view name_of(Activation kind) {
  for (const auto& [name, named] : kNamed) {
    if (named == kind) return name;
  }
  return "?";
}

std::span<const std::string_view> activation_names() { return kNames; }

std::optional<Activation> activation_from_name(std::string_view name) {
  for (const auto& [known, kind] : kNamed) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

bool is_gated(Activation kind) { return gate_function(kind) != kind; }

Activation gate_function(Activation kind) {
  if (kind == Activation::kSwiglu) return Activation::kSilu;
  if (kind == Activation::kGeglu) return Activation::kGelu;
  return kind;
}

namespace kernels {
namespace {

using math::Dual;
using math::Vec;

// What one element costs in elementary steps: some twenty operations on a register of them.
constexpr int64_t kWork = 4;

}  // namespace

template <class T>
void activation_forward(Activation kind, T* y, const T* x, int64_t count) {
  using V = Vec<T>;
  formulas::with_formula(kind, [=](auto f) {
    parallel_ranges(count, kWork, [=](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i += V::lanes) {
        f(V::load_at_most(x + i, end - i)).store_at_most(y + i, end - i);
      }
    });
  });
}

template <class T>
void activation_backward(Activation kind, T* dx, const T* dy, const T* x, int64_t count) {
  using V = Vec<T>;
  formulas::with_formula(kind, [=](auto f) {
    parallel_ranges(count, kWork, [=](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i += V::lanes) {
        const V upstream = V::load_at_most(dy + i, end - i);
        const V slope = f(Dual<V>(V::load_at_most(x + i, end - i), V(1))).slope;
        (upstream * slope).store_at_most(dx + i, end - i);
      }
    });
  });
}

template <class T>
void gated_forward(Activation kind, RowsOf<T> y, RowsOf<const T> gate, RowsOf<const T> up,
                   int64_t rows, int64_t width) {
  using V = Vec<T>;
  formulas::with_formula(gate_function(kind), [=](auto f) {
    parallel_ranges(rows, kWork * width, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const T* g = gate.data + r * gate.stride;
        const T* u = up.data + r * up.stride;
        T* out = y.data + r * y.stride;
        for (int64_t c = 0; c < width; c += V::lanes) {
          const V activated = f(V::load_at_most(g + c, width - c));
          (activated * V::load_at_most(u + c, width - c)).store_at_most(out + c, width - c);
        }
      }
    });
  });
}

template <class T>
void gated_backward(Activation kind, RowsOf<T> dgate, RowsOf<T> dup, RowsOf<const T> dy,
                    RowsOf<const T> gate, RowsOf<const T> up, int64_t rows, int64_t width) {
  using V = Vec<T>;
  formulas::with_formula(gate_function(kind), [=](auto f) {
    parallel_ranges(rows, kWork * width, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const T* g = gate.data + r * gate.stride;
        const T* u = up.data + r * up.stride;
        const T* upstream = dy.data + r * dy.stride;
        T* dg = dgate.data + r * dgate.stride;
        T* du = dup.data + r * dup.stride;
        for (int64_t c = 0; c < width; c += V::lanes) {
          const int64_t left = width - c;
          const Dual<V> activated = f(Dual<V>(V::load_at_most(g + c, left), V(1)));
          const V d = V::load_at_most(upstream + c, left);
          const V other = V::load_at_most(u + c, left);
          (d * other * activated.slope).store_at_most(dg + c, left);
          (d * activated.value).store_at_most(du + c, left);
        }
      }
    });
  });
}

#define NORMA_INSTANTIATE(T)                                                                       \
  template void activation_forward(Activation, T*, const T*, int64_t);                             \
  template void activation_backward(Activation, T*, const T*, const T*, int64_t);                  \
  template void gated_forward(Activation, RowsOf<T>, RowsOf<const T>, RowsOf<const T>, int64_t,    \
                              int64_t);                                                            \
  template void gated_backward(Activation, RowsOf<T>, RowsOf<T>, RowsOf<const T>, RowsOf<const T>, \
                               RowsOf<const T>, int64_t, int64_t);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace kernels
}  // namespace norma
