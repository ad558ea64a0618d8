// Every registered norm on inputs at the ends of the range of floats: float32 gives what float64
// gives on the same numbers.
#include <cfloat>
#include <functional>

#include "core/rng.h"
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/layers/norm_specs.h"
#include "tests/specimen.h"
#include "tests/table.h"

namespace norma {
namespace {

struct HardInput {
  const char* name;
  Shape shape;
  std::function<double(double)> value;  // from a normal number
  bool masked = false;                  // every position is padding
  // Gradients are compared relative to their largest number, or to this where they cancel.
  double gradient_floor = 0;
};

const std::vector<HardInput>& hard_inputs() {
  static const std::vector<HardInput> all{
      {"mean 2000, deviation 1e-3", {4, 7, 30}, [](double z) { return 2000 + 1e-3 * z; }},
      {"deviation 1e30", {4, 7, 30}, [](double z) { return 1e30 * z; }},
      {"one sample of deviation 1e30",
       {6, 7, 30},
       [n = 0](double z) mutable { return (n++ / 210) == 2 ? 1e30 * z : z; }},
      {"deviation 1e-25", {4, 7, 30}, [](double z) { return 1e-25 * z; }},
      {"all zeros", {4, 7, 30}, [](double) { return 0.0; }},
      {"subnormals", {4, 7, 30}, [](double z) { return 1e-40 * z; }},
      // A single element scaled to ±1 has a slope of about 0, of which rounding is left.
      {"a single element", {1, 1, 1}, [](double z) { return z; }, false, 1.0},
      {"an empty mask", {4, 7, 30}, [](double) { return std::nan(""); }, true},
  };
  return all;
}

Gradcheck problem(const HardInput& hard) {
  Gradcheck made{.input = hard.shape};
  made.x = Tensor::empty(hard.shape, DType::kFloat64);
  RandomSequence random(RandomStream(17, 1));
  const auto value = hard.value;
  for (int64_t i = 0; i < made.x.numel(); ++i)
    made.x.data<double>()[i] = static_cast<float>(value(random.normal()));
  if (hard.masked) made.mask = Tensor::zeros({hard.shape[0], hard.shape[1]}, DType::kUInt8);
  return made;
}

// Returns the worst error, relative to the largest number of the reference or to `floor`.
double compare(const std::string& name, const Tensor& found, const Tensor& reference,
               double floor) {
  INFO(name);
  const Numbers expected = reference.to_vector(), computed = found.to_vector();
  REQUIRE(expected.size() == computed.size());
  double largest = floor, worst = 0;
  for (const double number : expected)
    if (std::isfinite(number)) largest = std::max(largest, std::abs(number));
  for (size_t i = 0; i < expected.size(); ++i)
    if (std::isfinite(expected[i])) {
      const double difference = std::abs(computed[i] - expected[i]);
      worst = difference <= worst ? worst : difference;  // NaN stays
    }
  // Below the least normal number float32 has no digits.
  CHECK(worst <= 1e-5 * largest + FLT_MIN);
  return worst <= FLT_MIN ? 0 : worst / largest;
}

}  // namespace

TEST_CASE("float32 gives float64's numbers at the ends of its range", "[layers][table]") {
  Table table("worst of float32 against float64 at the ends of the range");
  for (const Entry* entry : norm_registry().entries())
    for (const HardInput& hard : hard_inputs()) {
      INFO(entry->type << ": " << hard.name);
      const int64_t channels = hard.shape.back();
      const MakeModule make = norm_maker(entry->type, channels);
      const auto run = [&](DType dtype) {
        return Specimen(make, problem(hard), dtype, true).forward_backward();
      };
      Results reference;
      try {
        reference = run(DType::kFloat64);
      } catch (const Error& refusal) {
        // One element has no deviation, and cannot be cut into splits.
        const std::string why = refusal.what();
        CHECK((why.find("single value") != std::string::npos ||
               why.find("equal splits") != std::string::npos));
        continue;
      }
      const Results found = run(DType::kFloat32);
      // Far out, the slope of a curve is below what float32 holds (1e-38) and counts as 0, times x.
      const bool curve =
          norm_registry().at(entry->type).define(affine_spec(entry->type, 30)).stats == 0;
      const double floor = std::max(hard.gradient_floor, curve ? 1e-3 : 0.0);
      table.worst(entry->type, "output", compare("output", found.output, reference.output, 0));
      for (size_t i = 0; i < reference.grads.size(); ++i)
        table.worst(entry->type, "gradients",
                    compare("gradient of " + reference.names[i], found.grads[i], reference.grads[i],
                            floor));
      if (!hard.masked) continue;
      CHECK(largest_magnitude(reference.output) == 0);
      for (const Tensor& grad : found.grads)
        for (const double number : grad.to_vector()) CHECK(number == 0);
    }
}

}  // namespace norma
