#include <algorithm>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "core/io/safetensors.h"
#include "core/io/safetensors_header.h"

namespace norma::io {
namespace {

using Entry = SafetensorsHeader::Entry;

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kLongestHeader = 100'000'000;  // the Python package's limit

constexpr std::byte kTrue{1};

// How an element type of the file becomes one of ours.
struct StoredType {
  const char* name;
  size_t size;
  DType dtype;
};
constexpr StoredType kStoredTypes[] = {
    {"F32", 4, DType::kFloat32}, {"F64", 8, DType::kFloat64}, {"BF16", 2, DType::kBFloat16},
    {"I32", 4, DType::kInt32},   {"I64", 8, DType::kInt32},   {"U8", 1, DType::kUInt8},
    {"BOOL", 1, DType::kUInt8},
};

std::string show(const std::vector<int64_t>& shape) {
  constexpr size_t kMost = 8;
  std::string text = "[";
  for (size_t i = 0; i < std::min(shape.size(), kMost); ++i) {
    text += (i ? ", " : "") + std::to_string(shape[i]);
  }
  return text + (shape.size() > kMost ? ", …]" : "]");
}

std::string_view header_text(std::span<const std::byte> file, const std::string& name) {
  if (file.size() < kLengthBytes) {
    throw Error(name + ": not a safetensors file: it has " + std::to_string(file.size()) +
                " bytes, the header's length alone takes 8");
  }
  uint64_t length = 0;
  std::memcpy(&length, file.data(), kLengthBytes);
  if (length > file.size() - kLengthBytes) {
    throw Error(name + ": not a safetensors file, or cut short: a header of " +
                std::to_string(length) + " bytes in a file of " + std::to_string(file.size()));
  }
  if (length > kLongestHeader) {
    throw Error(name + ": the header has " + std::to_string(length) + " bytes, at most " +
                std::to_string(kLongestHeader) + " are read");
  }
  return {reinterpret_cast<const char*>(file.data() + kLengthBytes), static_cast<size_t>(length)};
}

StoredType stored_type(const std::string& dtype, const std::string& place) {
  std::string known;
  for (const StoredType& type : kStoredTypes) {
    if (dtype == type.name) return type;
    known += (known.empty() ? "" : ", ") + std::string(type.name);
  }
  throw Error(place + "dtype " + quote(dtype) + " is not supported, only " + known);
}

// Number of elements, having checked that shape, dtype and offsets tell the same story.
size_t checked_count(const Entry& entry, const StoredType& type, const std::string& place) {
  int64_t count = 1;
  int64_t bytes = 0;
  for (int64_t size : entry.shape) {
    if (__builtin_mul_overflow(count, size, &count)) count = -1;
    if (count < 0) break;
  }
  if (count < 0 || __builtin_mul_overflow(count, static_cast<int64_t>(type.size), &bytes)) {
    throw Error(place + "shape " + show(entry.shape) + " has more bytes than can be counted");
  }
  const int64_t begin = entry.data_offsets[0], end = entry.data_offsets[1];
  if (begin > end || end - begin != bytes) {
    throw Error(place + "shape " + show(entry.shape) + " of " + type.name + " takes " +
                std::to_string(bytes) + " bytes, its data_offsets are [" + std::to_string(begin) +
                ", " + std::to_string(end) + "]");
  }
  return static_cast<size_t>(count);
}

// The tensors must tile the bytes after the header: bytes that belong to nobody could hide
// something, bytes that belong to two tensors would tie them together.
void check_tiling(const SafetensorsHeader& header, uint64_t available, const std::string& file) {
  std::vector<std::pair<const std::string*, const Entry*>> order;
  for (const auto& [name, entry] : header.tensors) order.emplace_back(&name, &entry);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.second->data_offsets < b.second->data_offsets;
  });
  int64_t reached = 0;
  for (const auto& [name, entry] : order) {
    const int64_t begin = entry->data_offsets[0];
    if (begin != reached) {
      throw Error(file + ": tensor " + quote(*name) + " begins at byte " + std::to_string(begin) +
                  (begin < reached ? ", inside the tensor before it, which ends at "
                                   : ", leaving a hole after byte ") +
                  std::to_string(reached));
    }
    reached = entry->data_offsets[1];
  }
  if (static_cast<uint64_t>(reached) != available) {
    throw Error(file + ": the tensors take " + std::to_string(reached) + " bytes, the file has " +
                std::to_string(available) + " after its header");
  }
}

// A copy of the stored elements where they cannot be used in place, else null: int64 is narrowed to
// int32, and what foreign files leave unaligned is aligned.
std::unique_ptr<std::byte[]> converted(const std::byte* stored, size_t count,
                                       const StoredType& type, const std::string& place) {
  const size_t size = size_of(type.dtype);
  const bool narrow = type.size > size;
  if (type.name == std::string_view("BOOL")) {
    const auto* wrong = std::find_if(stored, stored + count, [](std::byte b) { return b > kTrue; });
    if (wrong != stored + count) {
      throw Error(place + "element " + std::to_string(wrong - stored) + " of a BOOL is " +
                  std::to_string(std::to_integer<int>(*wrong)) + ", expected 0 or 1");
    }
  }
  if (!narrow && reinterpret_cast<uintptr_t>(stored) % size == 0) return nullptr;
  auto copy = std::make_unique_for_overwrite<std::byte[]>(count * size);
  if (!narrow) {
    std::memcpy(copy.get(), stored, count * size);
    return copy;
  }
  for (size_t i = 0; i < count; ++i) {
    int64_t wide = 0;
    std::memcpy(&wide, stored + i * sizeof(wide), sizeof(wide));
    const auto value = static_cast<int32_t>(wide);
    if (value != wide) {
      throw Error(place + "element " + std::to_string(i) + " is " + std::to_string(wide) +
                  ", which int32 cannot hold");
    }
    std::memcpy(copy.get() + i * size, &value, size);
  }
  return copy;
}

}  // namespace

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
  SafetensorsFile file;
  file.name_ = path.string();
  file.mapping_ = MappedFile(path);
  file.read(file.mapping_.bytes());
  return file;
}

SafetensorsFile SafetensorsFile::parse(std::span<const std::byte> bytes, std::string name) {
  SafetensorsFile file;
  file.name_ = std::move(name);
  file.read(bytes);
  return file;
}

void SafetensorsFile::read(std::span<const std::byte> bytes) {
  const std::string_view text = header_text(bytes, name_);
  SafetensorsHeader header = parse_safetensors_header(text, name_);
  const std::span<const std::byte> data = bytes.subspan(kLengthBytes + text.size());
  const auto place = [&](const std::string& name) {
    return name_ + ": tensor " + quote(name) + ": ";
  };

  std::map<std::string_view, size_t> counts;
  for (const auto& [name, entry] : header.tensors) {
    counts[name] = checked_count(entry, stored_type(entry.dtype, place(name)), place(name));
  }
  check_tiling(header, data.size(), name_);

  for (auto& [name, entry] : header.tensors) {
    const StoredType type = stored_type(entry.dtype, place(name));
    const size_t count = counts[name];
    const std::byte* stored = data.data() + entry.data_offsets[0];
    auto copy = converted(stored, count, type, place(name));
    tensors_[name] = {name, type.dtype, std::move(entry.shape), copy ? copy.get() : stored,
                      count * size_of(type.dtype)};
    if (copy) copies_.push_back(std::move(copy));
  }
  metadata_ = std::move(header.metadata);
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors_) names.push_back(name);
  return names;
}

const TensorView* SafetensorsFile::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

const TensorView& SafetensorsFile::at(std::string_view name) const {
  if (const TensorView* tensor = find(name)) return *tensor;
  std::string known;
  for (const auto& [other, tensor] : tensors_) known += (known.empty() ? "" : ", ") + quote(other);
  throw Error(name_ + ": no tensor " + quote(name) + "; it holds " +
              (known.empty() ? "none" : known));
}

}  // namespace norma::io
