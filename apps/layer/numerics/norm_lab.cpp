#include "apps/layer/numerics/norm_lab.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/common/human.h"
#include "apps/layer/numerics/inputs.h"
#include "core/rng.h"
#include "layers/layer_run.h"

namespace norma::numerics {
namespace {

// Of the output, of the input's gradient, of the parameters' ones.
using NamedErrors = std::vector<std::pair<std::string, double>>;

// (samples, positions, channels), so that whatever shares a statistic grows from one to the next.
const Shape kShapes[] = {{4, 4, 32}, {8, 16, 256}, {16, 64, 1024}};
constexpr size_t kMainShape = 1;

std::string words_of(const Shape& shape) {
  return grouped(shape[0]) + " × " + grouped(shape[1]) + " × " + grouped(shape[2]);
}

Tensor normal_tensor(const Shape& shape, std::string_view purpose) {
  RandomSequence random(RandomStream(3, stable_hash(purpose)));
  const Tensor tensor = Tensor::empty(shape, DType::kFloat32);
  for (float& value : std::span(tensor.data<float>(), static_cast<size_t>(tensor.numel())))
    value = static_cast<float>(random.normal());
  return tensor;
}

// A norm on inputs of one shape.
class Subject {
 public:
  Subject(const Spec& spec, const Shape& shape)
      : spec_(spec), normal_(normal_tensor(shape, "input")) {
    in_["input"] = normal_;
    in_["grad_output"] = normal_tensor(outcome(DType::kFloat64).at("output").shape(), "gradient");
    // Parameters that have left their initial values, where many errors cancel.
    for (const auto& [name, grad] : outcome(DType::kFloat64))
      if (name.starts_with("grad_param.")) in_[name.substr(5)] = near_one(grad.shape(), name);
  }

  // Float32's largest errors on inputs value(i, z), i counting along the channels of a position,
  // each in units of the largest number of float64's.
  NamedErrors errors(const std::function<double(int64_t, double)>& value) {
    const Tensor input = Tensor::empty(normal_.shape(), DType::kFloat32);
    const int64_t channels = input.shape().back();
    for (int64_t i = 0; i < input.numel(); ++i)
      input.data<float>()[i] =
          static_cast<float>(value(i % channels, static_cast<double>(normal_.data<float>()[i])));
    in_["input"] = input;
    const NamedTensors reference = outcome(DType::kFloat64), found = outcome(DType::kFloat32);
    const auto error_of = [&](const std::string& name) {
      return largest_error(found.at(name), reference.at(name));
    };
    NamedErrors errors{{"output", error_of("output")},
                       {"gradient of the input", error_of("grad_input")}};
    for (const auto& [name, tensor] : reference)
      if (name.starts_with("grad_param."))
        errors.emplace_back("gradient of " + name.substr(11), error_of(name));
    return errors;
  }

 private:
  NamedTensors outcome(DType dtype) const { return run_layer(spec_, in_, {.dtype = dtype}); }

  static Tensor near_one(const Shape& shape, const std::string& name) {
    const Tensor values = normal_tensor(shape, name);
    for (int64_t i = 0; i < values.numel(); ++i)
      values.data<float>()[i] = 1 + 0.25f * values.data<float>()[i];
    return values;
  }

  // Of a tensor. What is below the least normal number does not count, where float32 has no digits;
  // NaN where all of the reference is.
  static double largest_error(const Tensor& found, const Tensor& reference) {
    const std::vector<double> expected = reference.to_vector(), computed = found.to_vector();
    double worst = 0, largest = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      largest = std::max(largest, std::abs(expected[i]));
      const double error = std::abs(computed[i] - expected[i]);
      worst = error <= worst ? worst : error;  // NaN stays
    }
    if (!(largest >= FLT_MIN)) return std::numeric_limits<double>::quiet_NaN();
    return std::isfinite(worst) ? std::max(0.0, worst - FLT_MIN) / largest
                                : std::numeric_limits<double>::infinity();
  }

  Spec spec_;
  Tensor normal_;
  NamedTensors in_;
};

// An object in one line that can be broken.
std::string in_words(const Json& options) {
  std::string text;
  for (const char c : options.dump()) text += c == ',' ? ", " : c == ':' ? ": " : std::string(1, c);
  return text;
}

void append(std::vector<Series>& all, const NamedErrors& errors) {
  if (all.empty())
    for (const auto& [name, error] : errors) all.push_back({name, {}});
  for (size_t i = 0; i < all.size(); ++i) all[i].values.push_back(errors[i].second);
}

Picture picture_of(std::vector<Subject>& subjects) {
  Picture picture{.id = "errors",
                  .title = "Float32 against float64",
                  .intro =
                      "The largest error in units of the largest number, over a growing mean "
                      "with σ = 1. Dashed: u, half of float32's last bit, and u·κ with "
                      "κ = √(1 + (mean/σ)²), which is what x − mean loses where the mean is "
                      "kept as one float32. A gradient that is a sum of both signs, the slope "
                      "of a saturated curve (1 − y²) and a kink whose other side float32 takes "
                      "lose digits at any mean. Where a gradient is below what float32 holds "
                      "there is nothing to compare.",
                  .x_name = "mean/σ",
                  .y_name = "largest error / largest number",
                  .x = mean_ratios(),
                  .views = {},
                  .main_view = kMainShape,
                  .references = {{"u", {}}, {"u·κ", {}}}};
  for (const double ratio : picture.x) {
    picture.references[0].values.push_back(kFloat32);
    picture.references[1].values.push_back(kFloat32 * std::sqrt(1 + ratio * ratio));
  }
  for (size_t i = 0; i < subjects.size(); ++i) {
    Picture::View view{words_of(kShapes[i]), {}};
    for (const double ratio : picture.x)
      append(view.series, subjects[i].errors([=](int64_t, double z) { return ratio + z; }));
    picture.views.push_back(std::move(view));
  }
  return picture;
}

Table table_of_hard_inputs(Subject& subject) {
  Table table{.id = "hard",
              .title = "At the ends of float32",
              .intro = "The same at " + words_of(kShapes[kMainShape]) +
                       ", errors below the least normal number (1e-38) not counted; ∞ says that "
                       "what came out is infinite or NaN where float64 is finite.",
              .row_name = "input",
              .columns = {},
              .rows = {}};
  for (const HardInput& hard : hard_inputs()) {
    const NamedErrors errors = subject.errors(
        [&](int64_t i, double z) { return hard.value(i, kShapes[kMainShape].back(), z); });
    Table::Row row{hard.name, {}};
    for (const auto& [name, error] : errors) {
      if (table.rows.empty()) table.columns.push_back(name);
      row.values.push_back(error);
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::vector<std::string> findings_of(const Picture& picture, const Table& hard) {
  std::vector<std::string> findings;
  for (size_t s = 0; s < picture.views[0].series.size(); ++s) {
    double worst = 0, at = 0;
    for (const Picture::View& view : picture.views)
      for (size_t i = 0; i < picture.x.size(); ++i)
        if (const double error = view.series[s].values[i]; error > worst)
          worst = error, at = picture.x[i];
    findings.push_back("The " + picture.views[0].series[s].name + " is off by at most " +
                       shown(worst) +
                       " of its largest number, at mean/σ = " + formatted("%.0e", at) +
                       "; u·κ there would be " + shown(kFloat32 * std::sqrt(1 + at * at)) + ".");
  }
  double worst = 0;
  std::string name;
  for (const Table::Row& row : hard.rows)
    for (const double error : row.values)
      if (error > worst) worst = error, name = row.name;
  if (worst > 0)
    findings.push_back("Of the inputs at the ends of float32 the hardest is “" + name +
                       "”: " + shown(worst) + ".");
  return findings;
}

}  // namespace

Lab norm_lab(const Spec& spec) {
  std::vector<Subject> subjects;
  for (const Shape& shape : kShapes) subjects.emplace_back(spec, shape);
  Lab lab{.title = "The digits of " + spec.type,
          .summary = "Normal numbers of σ = 1 and a growing mean, rounded to float32, go through " +
                     in_words(*spec.options) +
                     " in float32 and in float64, forward and backward, with the same parameters "
                     "around 1 and the same gradient of the output. Inputs are (samples, "
                     "positions, channels).",
          .findings = {},
          .pictures = {picture_of(subjects)},
          .tables = {table_of_hard_inputs(subjects[kMainShape])}};
  lab.findings = findings_of(lab.pictures[0], lab.tables[0]);
  return lab;
}

}  // namespace norma::numerics
