// Lesson 15 shows a norm as text and as a file. The build takes the file out of the lesson and
// links it here, in a program of its own, where no other test meets it: both must compute the same.
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/layer_run.h"
#include "tests/paths.h"

using namespace norma;

namespace {

double difference(const Tensor& a, const Tensor& b) {
  const std::vector<double> left = a.to_vector(), right = b.to_vector();
  double most = left.size() == right.size() ? 0 : INFINITY;
  for (size_t i = 0; i < left.size() && i < right.size(); ++i)
    most = std::fmax(most, std::fabs(left[i] - right[i]));
  return most;
}

Tensor wavy(const Shape& shape, double phase) {
  std::vector<double> values(static_cast<size_t>(shape.numel()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = 2 * std::sin(1.7 * static_cast<double>(i) + phase);
  return Tensor::from(values, shape, DType::kFloat64);
}

}  // namespace

int main() {
  const Json study = load_json(source_dir() / "configs/lessons/15_invent.json");
  const Spec typed = make_spec(study.at("arms").at("half_norm").at("model.norm"), layer_registry(),
                               "the lesson's study");
  const Spec built = make_spec(Json("half_norm"), layer_registry(), "the lesson's file");
  const NamedTensors in{{"input", wavy(Shape{3, 17}, 0.3)}, {"grad_output", wavy(Shape{3, 17}, 1)}};
  const LayerRunOptions wide{.dtype = DType::kFloat64};
  const NamedTensors a = run_layer(typed, in, wide), b = run_layer(built, in, wide);
  bool same = true;
  for (const char* name : {"output", "grad_input", "grad_param.weight", "grad_param.bias"}) {
    const double apart = difference(a.at(name), b.at(name));
    std::printf("%s: %g\n", name, apart);
    same = same && apart < 1e-13;
  }
  return same ? 0 : 1;
}
