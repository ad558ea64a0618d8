#include "tests/data/scratch.h"

#include <zlib.h>

#include <nlohmann/json.hpp>

#include "core/config/config.h"

namespace norma {

std::string gzipped(const std::string& content) {
  const ScratchFolder folder;
  gzFile file = gzopen((folder / "content").c_str(), "wb9");
  gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
  gzclose(file);
  std::ifstream in(folder / "content", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Spec spec_of(const std::string& json, const RegistryBase& registry) {
  return make_spec(parse_json(json, "test"), registry, "test");
}

std::unique_ptr<Dataset> load_data(const std::string& json, int64_t context) {
  return load_dataset(spec_of(json, data_registry()), {context});
}

}  // namespace norma
