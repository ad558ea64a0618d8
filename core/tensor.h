#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "core/error.h"
#include "core/pool.h"

namespace norma {

// Extents of a tensor, outermost first; up to six.
class Shape {
 public:
  static constexpr int kMaxRank = 6;
  Shape() = default;
  Shape(std::initializer_list<int64_t> extents)
      : Shape(std::span<const int64_t>(extents.begin(), extents.size())) {}
  explicit Shape(std::span<const int64_t> extents);

  int rank() const { return rank_; }
  // Negative axes count from the end.
  int64_t operator[](int axis) const { return extents_[axis < 0 ? axis + rank_ : axis]; }
  void set(int axis, int64_t extent) { extents_[axis < 0 ? axis + rank_ : axis] = extent; }
  int64_t back() const { return rank_ ? extents_[rank_ - 1] : 1; }
  int64_t numel() const;
  // The same shape with its last extent replaced.
  Shape with_back(int64_t extent) const;
  bool operator==(const Shape& other) const;
  std::string str() const;  // "(32, 128, 64)"
  std::vector<int64_t> vec() const { return {extents_.begin(), extents_.begin() + rank_}; }

 private:
  std::array<int64_t, kMaxRank> extents_{};
  int rank_ = 0;
};

// Every activation seen as (batch, positions, channels): (B,C) has one position, (B,T,C) is itself,
// images (B,H,W,C) are channels-last with H·W positions.
struct Nsc {
  int64_t n = 1, s = 1, c = 1;
  int64_t rows() const { return n * s; }
};
Nsc nsc_of(const Shape& shape);

// A contiguous, row-major array in pool memory. Copying a Tensor shares its memory; `clone` copies
// it.
class Tensor {
 public:
  Tensor() = default;
  static Tensor empty(const Shape& shape, DType dtype);
  static Tensor zeros(const Shape& shape, DType dtype);
  static Tensor full(const Shape& shape, DType dtype, double value);
  // A float32 / float64 / … tensor holding the given numbers, converted.
  static Tensor from(std::span<const double> values, const Shape& shape, DType dtype);

  bool defined() const { return static_cast<bool>(storage_); }
  explicit operator bool() const { return defined(); }
  const Shape& shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  int64_t numel() const { return shape_.numel(); }
  size_t bytes() const { return static_cast<size_t>(numel()) * size_of(dtype_); }
  int64_t rows() const { return shape_.back() ? numel() / shape_.back() : 0; }

  std::byte* raw() const { return storage_.data() + offset_; }
  template <class T>
  T* data() const {
    assert(dtype_of<T> == dtype_);
    return reinterpret_cast<T*>(raw());
  }

  // The same memory under another shape of equally many elements.
  Tensor view(const Shape& shape) const;
  // Elements [first, first + shape.numel()) of this tensor's memory under `shape`.
  Tensor slice(int64_t first, const Shape& shape) const;
  bool unique() const { return storage_.unique(); }
  bool same_memory(const Tensor& other) const { return raw() == other.raw(); }

  void zero() const;
  void fill(double value) const;
  void copy_from(const Tensor& other) const;  // converts the dtype; shapes must hold equally many
  Tensor clone() const;
  Tensor to(DType dtype) const;
  std::vector<double> to_vector() const;
  double item(int64_t index = 0) const;

 private:
  Storage storage_;
  size_t offset_ = 0;
  Shape shape_;
  DType dtype_ = DType::kFloat32;
};

// Calls body.template operator()<T>() with T = float or double, whichever the dtype is.
template <class Body>
decltype(auto) with_float_type(DType dtype, Body&& body) {
  if (dtype == DType::kFloat32) return body.template operator()<float>();
  if (dtype == DType::kFloat64) return body.template operator()<double>();
  throw Error(std::string("this operation computes in float32 or float64, not in ") +
              name_of(dtype));
}

}  // namespace norma
