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

double largest_difference(const Tensor& a, const Tensor& reference) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  if (a.numel() != reference.numel()) return kInfinite;
  const std::vector<double> x = a.to_vector(), y = reference.to_vector();
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::isfinite(x[i]) != std::isfinite(y[i])) return kInfinite;
    if (std::isfinite(y[i])) worst = std::max(worst, std::abs(x[i] - y[i]));
  }
  return worst;
}

double largest_magnitude(const Tensor& tensor) {
  double most = 0;
  for (const double value : tensor.to_vector())
    if (std::isfinite(value)) most = std::max(most, std::abs(value));
  return most;
}

double relative_difference(const Tensor& a, const Tensor& reference) {
  const double worst = largest_difference(a, reference);
  return worst == 0 ? 0 : worst / largest_magnitude(reference);
}

}  // namespace norma
