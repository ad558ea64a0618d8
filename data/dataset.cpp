#include "data/dataset.h"

#include <string>

namespace norma {

const char* name_of(Split split) {
  switch (split) {
    case Split::kTrain:
      return "train";
    case Split::kValidation:
      return "validation";
    case Split::kTest:
      return "test";
  }
  return "?";
}

Shape DataInfo::input_shape(int64_t samples) const {
  switch (kind) {
    case InputKind::kTokens:
      return {samples, context};
    case InputKind::kImages:
      return {samples, height, width, channels};
    case InputKind::kFeatures:
      return {samples, features};
  }
  return {};
}

Shape DataInfo::target_shape(int64_t samples) const {
  if (kind != InputKind::kTokens) return {samples};
  return {samples, answer > 0 ? answer : context};
}

namespace {

void make(Tensor& tensor, const Shape& shape, DType dtype) {
  const bool fits =
      tensor.defined() && tensor.unique() && tensor.dtype() == dtype && tensor.shape() == shape;
  if (!fits) tensor = Tensor::empty(shape, dtype);
}

}  // namespace

void Batch::reshape(const DataInfo& info, int64_t count, DType dtype) {
  const bool is_tokens = info.kind == InputKind::kTokens;
  make(input, info.input_shape(count), is_tokens ? DType::kInt32 : dtype);
  make(target, info.target_shape(count), DType::kInt32);
  mask = Tensor();
  samples = count;
  tokens = is_tokens ? count * info.context : 0;
}

void Dataset::check_range(Split split, int64_t first, int64_t count) const {
  if (first >= 0 && count >= 0 && first + count <= size(split)) return;
  throw Error("[data] samples " + std::to_string(first) + " to " + std::to_string(first + count) +
              " of the " + name_of(split) + " split were asked for; it has " +
              std::to_string(size(split)));
}

}  // namespace norma
