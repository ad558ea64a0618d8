#include "tests/golden.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/io/safetensors.h"
#include "tests/paths.h"

namespace norma {
namespace {

Tensor tensor_of(const io::TensorView& view) {
  const Tensor tensor = Tensor::empty(Shape(std::span<const int64_t>(view.shape)), view.dtype);
  std::memcpy(tensor.raw(), view.data, view.bytes);
  return tensor;
}

}  // namespace

std::vector<GoldenCase> golden_cases(const std::string& kind) {
  std::vector<GoldenCase> cases;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() / "tests" / "golden")) {
    if (entry.path().extension() != ".safetensors") continue;
    const io::SafetensorsFile file = io::SafetensorsFile::open(entry.path());
    GoldenCase made{.name = entry.path().stem().string(),
                    .about = Json::parse(file.metadata().at("case")),
                    .inputs = {},
                    .expected = {}};
    if (made.about.at("kind") != kind) continue;
    for (const auto& [name, view] : file.tensors()) {
      if (name.starts_with("expect."))
        made.expected[name.substr(7)] = tensor_of(view);
      else
        made.inputs[name] = tensor_of(view);
    }
    cases.push_back(std::move(made));
  }
  std::sort(cases.begin(), cases.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return cases;
}

}  // namespace norma
