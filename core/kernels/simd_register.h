#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>
#ifdef __AVX__
#include <immintrin.h>
#endif

// Numbers by the register: Vec<T> holds as many T as one register of the machine the file is
// compiled for, Mask<T> one truth value a lane. Both rest on the compilers' vector extensions, so
// the same source runs on AVX-512, AVX2 and anything else; intrinsics appear only where the
// extensions have no word for it, each with a portable twin.
namespace norma::math {

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

template <std::floating_point T>
struct Vec;

// One truth value for each lane of a Vec<T>: all bits set, or none.
template <std::floating_point T>
struct Mask {
  using Int = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
  typedef Int Native __attribute__((vector_size(kVectorBytes)));
  static constexpr int lanes = kVectorBytes / static_cast<int>(sizeof(T));

  Native native;

  // Lanes 0 … n-1 true, the others false; n may lie outside [0, lanes].
  static Mask first(int64_t n) {
    Native lane;
    for (int i = 0; i < lanes; ++i) lane[i] = i;
    const Int limit = static_cast<Int>(n < 0 ? 0 : n > lanes ? lanes : n);
    return {lane < (Native{} + limit)};
  }
  bool operator[](int lane) const { return native[lane] != 0; }

  friend Mask operator&(Mask a, Mask b) { return {a.native & b.native}; }
  friend Mask operator|(Mask a, Mask b) { return {a.native | b.native}; }
  friend Mask operator!(Mask a) { return {~a.native}; }
};

template <std::floating_point T>
struct Vec {
  typedef T Native __attribute__((vector_size(kVectorBytes)));
  using Scalar = T;
  static constexpr int lanes = kVectorBytes / static_cast<int>(sizeof(T));

  Native native;

  Vec() = default;  // lanes undefined, as for a plain T
  Vec(Native lanes_of_a_register) : native(lanes_of_a_register) {}
  // Broadcast: every lane holds x. Implicit, so that formulas can write `v * 0.5`.
  template <class A>
  requires std::is_arithmetic_v<A> Vec(A x)
      : native(static_cast<T>(x) - Native{}) {}  // minus zero keeps the sign of -0

  T operator[](int lane) const { return native[lane]; }

  // Reads `lanes` elements from p, which needs no alignment.
  static Vec load(const T* p) {
    Vec v;
    std::memcpy(&v.native, p, sizeof(v.native));
    return v;
  }
  // Reads the first n elements (0 ≤ n ≤ lanes) and nothing behind them; the other lanes are zero.
  static Vec load_first(const T* p, int64_t n);
  // The same for any n ≥ 0 elements left: a whole register while there is one.
  static Vec load_at_most(const T* p, int64_t n) { return n >= lanes ? load(p) : load_first(p, n); }
  // Writes all lanes to p, which needs no alignment.
  void store(T* p) const { std::memcpy(p, &native, sizeof(native)); }
  // Writes the first n lanes (0 ≤ n ≤ lanes) and touches nothing behind them.
  void store_first(T* p, int64_t n) const;
  void store_at_most(T* p, int64_t n) const { n >= lanes ? store(p) : store_first(p, n); }

  Vec& operator+=(Vec b) { return native += b.native, *this; }
  Vec& operator-=(Vec b) { return native -= b.native, *this; }
  Vec& operator*=(Vec b) { return native *= b.native, *this; }
  Vec& operator/=(Vec b) { return native /= b.native, *this; }

  friend Vec operator+(Vec a, Vec b) { return a.native + b.native; }
  friend Vec operator-(Vec a, Vec b) { return a.native - b.native; }
  friend Vec operator*(Vec a, Vec b) { return a.native * b.native; }
  friend Vec operator/(Vec a, Vec b) { return a.native / b.native; }
  friend Vec operator-(Vec a) { return -a.native; }

  friend Mask<T> operator<(Vec a, Vec b) { return {a.native < b.native}; }
  friend Mask<T> operator<=(Vec a, Vec b) { return {a.native <= b.native}; }
  friend Mask<T> operator>(Vec a, Vec b) { return {a.native > b.native}; }
  friend Mask<T> operator>=(Vec a, Vec b) { return {a.native >= b.native}; }
  friend Mask<T> operator==(Vec a, Vec b) { return {a.native == b.native}; }
  friend Mask<T> operator!=(Vec a, Vec b) { return {a.native != b.native}; }

  // Lane by lane: a where the mask is true, else b.
  friend Vec select(Mask<T> mask, Vec a, Vec b) { return mask.native ? a.native : b.native; }
  // Larger and smaller of two; a NaN in either comes out.
  friend Vec max(Vec a, Vec b) { return select(a != a, a, select(a > b, a, b)); }
  friend Vec min(Vec a, Vec b) { return select(a != a, a, select(a < b, a, b)); }
};

// Has v in a register from here on. Left alone, GCC reads what came from memory anew for every use,
// as an operand of the instruction, and loops of products then wait for their loads.
template <class T>
inline void keep_in_register(Vec<T>& v) {
#if defined(__AVX512F__)
  asm("" : "+v"(v.native));
#elif defined(__SSE__)
  asm("" : "+x"(v.native));
#endif
}

// What a number type is made of. Dual (dual.h) adds itself.
template <class R>
struct NumberTraits {  // float, double
  using Scalar = R;
  using Mask = bool;
};
template <class T>
struct NumberTraits<Vec<T>> {
  using Scalar = T;
  using Mask = math::Mask<T>;
};
template <class R>
using ScalarOf = typename NumberTraits<R>::Scalar;
template <class R>
using MaskOf = typename NumberTraits<R>::Mask;

template <std::floating_point T>
Vec<T> Vec<T>::load_first(const T* p, int64_t n) {
#if defined(__AVX512F__)
  const uint32_t lanes_wanted = (1u << n) - 1u;
  if constexpr (sizeof(T) == 4) {
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>(lanes_wanted), p);
  } else {
    return _mm512_maskz_loadu_pd(static_cast<__mmask8>(lanes_wanted), p);
  }
#else
  Vec v(0);
  std::memcpy(&v.native, p, static_cast<size_t>(n) * sizeof(T));
  return v;
#endif
}

template <std::floating_point T>
void Vec<T>::store_first(T* p, int64_t n) const {
#if defined(__AVX512F__)
  const uint32_t lanes_wanted = (1u << n) - 1u;
  if constexpr (sizeof(T) == 4) {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>(lanes_wanted), native);
  } else {
    _mm512_mask_storeu_pd(p, static_cast<__mmask8>(lanes_wanted), native);
  }
#else
  std::memcpy(p, &native, static_cast<size_t>(n) * sizeof(T));
#endif
}

}  // namespace norma::math
