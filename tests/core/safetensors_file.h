#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/safetensors.h"

namespace norma {

// The bytes of a safetensors file with this header, right or wrong, and this data.
inline std::string safetensors_bytes(const std::string& header, const std::string& data) {
  const uint64_t length = header.size();
  std::string file(reinterpret_cast<const char*>(&length), sizeof(length));
  return file + header + data;
}

// A view of numbers that live elsewhere.
template <class T>
io::TensorView view_of(const std::string& name, const std::vector<T>& numbers,
                       std::vector<int64_t> shape) {
  return {name, dtype_of<T>, std::move(shape), reinterpret_cast<const std::byte*>(numbers.data()),
          numbers.size() * sizeof(T)};
}

// The numbers behind a view.
template <class T>
std::vector<T> numbers_of(const io::TensorView& view) {
  std::vector<T> numbers(view.bytes / sizeof(T));
  if (view.bytes > 0) std::memcpy(numbers.data(), view.data, view.bytes);
  return numbers;
}

}  // namespace norma
