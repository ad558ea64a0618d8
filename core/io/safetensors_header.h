#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace norma::io {

// What the JSON header of a safetensors file says, not yet held against the file's size.
struct SafetensorsHeader {
  struct Entry {
    std::string dtype;
    std::vector<int64_t> shape;                  // each >= 0
    std::vector<int64_t> data_offsets = {0, 0};  // begin and end, from the header's end on; >= 0
  };
  std::map<std::string, Entry> tensors;
  std::map<std::string, std::string> metadata;
};

// Reads the header strictly: one object of tensors, each with exactly dtype, shape and
// data_offsets, and `__metadata__` of strings; no key twice at any level. Throws Error naming
// `file`.
SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& file);

// A name from a file, fit for a message: in quotes, control characters escaped, long ones cut.
std::string quote(std::string_view name);

}  // namespace norma::io
