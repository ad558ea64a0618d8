#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/dtype.h"
#include "core/io/mapped_file.h"

// The safetensors format (https://github.com/huggingface/safetensors): 8 bytes of header length, a
// JSON header, then the tensors' bytes, row-major and little-endian, without a gap.
namespace norma::io {

// A borrowed tensor: `data` belongs to somebody else and is aligned to the element's size.
struct TensorView {
  std::string name;
  DType dtype = DType::kFloat32;
  std::vector<int64_t> shape;
  const std::byte* data = nullptr;
  size_t bytes = 0;
};

using ByteSink = std::function<void(std::span<const std::byte>)>;

// Hands the bytes of a safetensors file to `sink`, in order. Tensors are laid out by falling
// element size, then by name, so that each is aligned; the same tensors always give the same bytes,
// those of the Python package.
// Throws Error for a repeated or reserved name, text that is not UTF-8, or bytes ≠ shape × dtype.
void serialize_safetensors(std::span<const TensorView> tensors,
                           const std::map<std::string, std::string>& metadata,
                           const ByteSink& sink);

// Writes a safetensors file atomically.
void write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                       const std::map<std::string, std::string>& metadata = {});

// A safetensors file opened for reading. Everything is checked before the first tensor is handed
// out; a file that breaks any rule of the format is refused with an Error that names the file, the
// tensor and the numbers.
//
// dtypes: F32, F64, BF16, I32, U8 as they are; I64 becomes int32 (a value that does not fit is
// refused), BOOL becomes uint8 of 0 and 1. Others are refused by name.
class SafetensorsFile {
 public:
  static SafetensorsFile open(const std::filesystem::path& path);
  // Reads `bytes`, which must outlive the result; `name` stands for the file in messages.
  static SafetensorsFile parse(std::span<const std::byte> bytes, std::string name);

  std::vector<std::string> names() const;  // sorted
  // Null where the file has no such tensor. Views live as long as this object (also when moved).
  const TensorView* find(std::string_view name) const;
  // Throws Error with the names that exist where the file has no such tensor.
  const TensorView& at(std::string_view name) const;
  const std::map<std::string, TensorView, std::less<>>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  SafetensorsFile() = default;
  void read(std::span<const std::byte> bytes);

  std::string name_;
  MappedFile mapping_;
  std::vector<std::unique_ptr<std::byte[]>> copies_;  // of what could not be used in place
  std::map<std::string, TensorView, std::less<>> tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace norma::io
