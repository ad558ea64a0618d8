#pragma once

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "data/data_card.h"
#include "data/data_registry.h"

namespace norma {

// A folder of its own for one test, gone when the test is over.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "norma-data-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  std::string str() const { return path_.string(); }

  std::string write(std::string_view name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return *this / name;
  }

 private:
  std::filesystem::path path_;
};

// What gzip makes of `content`.
std::string gzipped(const std::string& content);

inline std::string bytes_of(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text += static_cast<char>(static_cast<uint8_t>(byte));
  return text;
}

// A choice out of a registry as a config would write it.
Spec spec_of(const std::string& json, const RegistryBase& registry);

// The data set that a config's "data" object describes, for a model with this context.
std::unique_ptr<Dataset> load_data(const std::string& json, int64_t context = 0);

// The message of the Error that `action` throws; empty when it throws none.
template <class Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& fault) {
    return fault.what();
  }
  return "";
}

inline std::vector<int32_t> numbers_of(const Tensor& tensor) {
  const int32_t* data = tensor.data<int32_t>();
  return {data, data + tensor.numel()};
}

}  // namespace norma
