#include "core/tensor.h"

#include <algorithm>
#include <cstring>

#include "core/kernels/round_bfloat16.h"
#include "core/parallel.h"

namespace norma {

Shape::Shape(std::span<const int64_t> extents) : rank_(static_cast<int>(extents.size())) {
  if (extents.size() > kMaxRank)
    throw Error("a tensor has at most " + std::to_string(kMaxRank) + " axes, found " +
                std::to_string(extents.size()));
  std::copy(extents.begin(), extents.end(), extents_.begin());
  for (const int64_t extent : extents)
    if (extent < 0) throw Error("a shape has a negative extent: " + str());
}

int64_t Shape::numel() const {
  int64_t product = 1;
  for (int axis = 0; axis < rank_; ++axis) product *= extents_[axis];
  return product;
}

Shape Shape::with_back(int64_t extent) const {
  Shape changed = *this;
  changed.set(-1, extent);
  return changed;
}

bool Shape::operator==(const Shape& other) const {
  return rank_ == other.rank_ &&
         std::equal(extents_.begin(), extents_.begin() + rank_, other.extents_.begin());
}

std::string Shape::str() const {
  std::string text = "(";
  for (int axis = 0; axis < rank_; ++axis) {
    if (axis) text += ", ";
    text += std::to_string(extents_[axis]);
  }
  return text + ")";
}

Nsc nsc_of(const Shape& shape) {
  switch (shape.rank()) {
    case 1:
      return {1, 1, shape[0]};
    case 2:
      return {shape[0], 1, shape[1]};
    case 3:
      return {shape[0], shape[1], shape[2]};
    case 4:
      return {shape[0], shape[1] * shape[2], shape[3]};
    default:
      throw Error("expected (B,C), (B,T,C) or (B,H,W,C), found " + shape.str());
  }
}

namespace {

template <class Body>
decltype(auto) with_any_type(DType dtype, Body&& body) {
  switch (dtype) {
    case DType::kFloat32:
      return body.template operator()<float>();
    case DType::kFloat64:
      return body.template operator()<double>();
    case DType::kBFloat16:
      return body.template operator()<bfloat16>();
    case DType::kInt32:
      return body.template operator()<int32_t>();
    case DType::kUInt8:
      return body.template operator()<uint8_t>();
  }
  throw Failure("unknown element type");
}

template <class To, class From>
To converted(From value) {
  if constexpr (std::is_same_v<To, bfloat16>)
    return bfloat16(static_cast<float>(value));
  else
    return static_cast<To>(value);
}

}  // namespace

Tensor Tensor::empty(const Shape& shape, DType dtype) {
  Tensor tensor;
  tensor.shape_ = shape;
  tensor.dtype_ = dtype;
  tensor.storage_ = Storage(static_cast<size_t>(shape.numel()) * size_of(dtype));
  return tensor;
}

Tensor Tensor::zeros(const Shape& shape, DType dtype) {
  Tensor tensor = empty(shape, dtype);
  tensor.zero();
  return tensor;
}

Tensor Tensor::full(const Shape& shape, DType dtype, double value) {
  Tensor tensor = empty(shape, dtype);
  tensor.fill(value);
  return tensor;
}

Tensor Tensor::from(std::span<const double> values, const Shape& shape, DType dtype) {
  if (static_cast<int64_t>(values.size()) != shape.numel())
    throw Error(std::to_string(values.size()) + " numbers do not fill a tensor of shape " +
                shape.str());
  Tensor tensor = empty(shape, dtype);
  with_any_type(dtype, [&]<class T>() {
    std::transform(values.begin(), values.end(), tensor.data<T>(), converted<T, double>);
  });
  return tensor;
}

Tensor Tensor::view(const Shape& shape) const {
  if (shape.numel() != numel())
    throw Error("a tensor of shape " + shape_.str() + " cannot be seen as " + shape.str());
  Tensor other = *this;
  other.shape_ = shape;
  return other;
}

Tensor Tensor::slice(int64_t first, const Shape& shape) const {
  if (first < 0 || first + shape.numel() > numel())
    throw Error("elements " + std::to_string(first) + " to " +
                std::to_string(first + shape.numel()) + " lie outside a tensor of shape " +
                shape_.str());
  Tensor other = *this;
  other.shape_ = shape;
  other.offset_ += static_cast<size_t>(first) * size_of(dtype_);
  return other;
}

void Tensor::zero() const {
  const int64_t total = static_cast<int64_t>(bytes());
  std::byte* const memory = raw();
  parallel_ranges(total, 1, [&](int64_t begin, int64_t end) {
    std::memset(memory + begin, 0, static_cast<size_t>(end - begin));
  });
}

void Tensor::fill(double value) const {
  with_any_type(dtype_, [&]<class T>() { std::fill_n(data<T>(), numel(), converted<T>(value)); });
}

void Tensor::copy_from(const Tensor& other) const {
  if (other.numel() != numel())
    throw Error("cannot copy shape " + other.shape().str() + " into shape " + shape_.str());
  if (other.dtype_ == dtype_) {
    const std::byte* const source = other.raw();
    std::byte* const target = raw();
    parallel_ranges(static_cast<int64_t>(bytes()), 1, [&](int64_t begin, int64_t end) {
      std::memcpy(target + begin, source + begin, static_cast<size_t>(end - begin));
    });
    return;
  }
  if (dtype_ == DType::kBFloat16 && other.dtype_ == DType::kFloat32)
    return kernels::round_to_bfloat16(data<bfloat16>(), other.data<float>(), numel());
  with_any_type(dtype_, [&]<class To>() {
    with_any_type(other.dtype_, [&]<class From>() {
      const From* const source = other.data<From>();
      To* const target = data<To>();
      for (int64_t i = 0; i < numel(); ++i) target[i] = converted<To>(source[i]);
    });
  });
}

Tensor Tensor::clone() const { return to(dtype_); }

Tensor Tensor::to(DType dtype) const {
  Tensor copy = empty(shape_, dtype);
  copy.copy_from(*this);
  return copy;
}

std::vector<double> Tensor::to_vector() const {
  std::vector<double> values(static_cast<size_t>(numel()));
  with_any_type(dtype_, [&]<class T>() {
    std::transform(data<T>(), data<T>() + numel(), values.begin(), converted<double, T>);
  });
  return values;
}

double Tensor::item(int64_t index) const {
  if (index < 0 || index >= numel())
    throw Error("element " + std::to_string(index) + " of a tensor of shape " + shape_.str());
  return with_any_type(dtype_, [&]<class T>() { return converted<double>(data<T>()[index]); });
}

}  // namespace norma
