#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/error.h"
#include "core/io/atomic_file.h"
#include "core/io/safetensors.h"
#include "core/io/safetensors_header.h"

namespace norma::io {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

struct WrittenType {
  const char* name;
  int place;  // in the file; ties of one element size are broken as the Python package does
};

WrittenType written_type(DType dtype) {
  switch (dtype) {
    case DType::kFloat64:
      return {"F64", 0};
    case DType::kFloat32:
      return {"F32", 1};
    case DType::kInt32:
      return {"I32", 2};
    case DType::kBFloat16:
      return {"BF16", 3};
    case DType::kUInt8:
      return {"U8", 4};
  }
  throw Error("[safetensors] unknown element type " + std::to_string(static_cast<int>(dtype)));
}

void check(const TensorView& tensor) {
  if (tensor.name == "__metadata__") {
    throw Error("[safetensors] no tensor can be named __metadata__: the format keeps that name");
  }
  size_t bytes = size_of(tensor.dtype);
  std::string shape;
  for (int64_t size : tensor.shape) {
    if (size < 0 || __builtin_mul_overflow(bytes, static_cast<size_t>(size), &bytes)) {
      throw Error("[safetensors] tensor " + quote(tensor.name) + " has a size of " +
                  std::to_string(size) + " in its shape");
    }
    shape += (shape.empty() ? "" : ", ") + std::to_string(size);
  }
  if (bytes != tensor.bytes) {
    throw Error("[safetensors] tensor " + quote(tensor.name) + " brings " +
                std::to_string(tensor.bytes) + " bytes, its shape [" + shape + "] of " +
                name_of(tensor.dtype) + " takes " + std::to_string(bytes));
  }
}

std::vector<const TensorView*> in_file_order(std::span<const TensorView> tensors) {
  std::vector<const TensorView*> order;
  for (const TensorView& tensor : tensors) {
    check(tensor);
    order.push_back(&tensor);
  }
  const auto key = [](const TensorView* t) {
    return std::tuple(written_type(t->dtype).place, std::string_view(t->name));
  };
  std::sort(order.begin(), order.end(), [&](auto* a, auto* b) { return key(a) < key(b); });
  return order;
}

// JSON text of names, sizes and metadata.
template <class Value>
std::string json_of(const Value& value) {
  try {
    return nlohmann::json(value).dump();
  } catch (const nlohmann::json::type_error&) {
    throw Error("[safetensors] a tensor's name or the metadata is not valid UTF-8");
  }
}

std::string header_of(const std::vector<const TensorView*>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  std::string text = metadata.empty() ? "{" : "{\"__metadata__\":" + json_of(metadata);
  std::set<std::string_view> names;
  size_t begin = 0;
  for (const TensorView* tensor : tensors) {
    if (!names.insert(tensor->name).second) {
      throw Error("[safetensors] two tensors are named " + quote(tensor->name));
    }
    const size_t end = begin + tensor->bytes;
    text += (text.size() > 1 ? "," : "") + json_of(tensor->name) + ":{\"dtype\":\"" +
            written_type(tensor->dtype).name + "\",\"shape\":" + json_of(tensor->shape) +
            ",\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(end) + "]}";
    begin = end;
  }
  text += "}";
  text.append((8 - text.size() % 8) % 8, ' ');  // the tensors begin 8-byte aligned
  return text;
}

}  // namespace

void serialize_safetensors(std::span<const TensorView> tensors,
                           const std::map<std::string, std::string>& metadata,
                           const ByteSink& sink) {
  const std::vector<const TensorView*> order = in_file_order(tensors);
  const std::string header = header_of(order, metadata);
  const uint64_t length = header.size();
  sink(std::as_bytes(std::span(&length, 1)));
  sink(std::as_bytes(std::span(header)));
  for (const TensorView* tensor : order) sink({tensor->data, tensor->bytes});
}

void write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                       const std::map<std::string, std::string>& metadata) {
  AtomicFile file(path);
  serialize_safetensors(tensors, metadata, [&](auto bytes) { file.write(bytes); });
  file.commit();
}

}  // namespace norma::io
