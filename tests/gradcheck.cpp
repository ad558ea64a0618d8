#include "tests/gradcheck.h"
#include "tests/catch.h"
#include "tests/specimen.h"
#include "tests/threads.h"

namespace norma {
namespace {

using Faults = std::vector<std::string>;

// The largest magnitude; NaN if there is one.
double largest(const Numbers& numbers) {
  double most = 0;
  for (const double number : numbers) {
    if (std::isnan(number)) return number;
    most = std::max(most, std::abs(number));
  }
  return most;
}

double largest(const std::vector<Tensor>& tensors) {
  double most = 0;
  for (const Tensor& tensor : tensors) most = std::max(most, largest(tensor.to_vector()));
  return most;
}

// max |a − b| relative to the largest number of b, or to `floor` where that is larger.
double relative_error(const Numbers& a, const Numbers& b, double floor) {
  Numbers difference(a.size());
  for (size_t i = 0; i < a.size(); ++i) difference[i] = a[i] - b[i];
  const double scale = std::max(largest(b), floor);
  return scale > 0 ? largest(difference) / scale : largest(difference);
}

double compare(Faults& faults, const std::string& what, const Numbers& found,
               const Numbers& expected, double floor, double tolerance) {
  const double error = relative_error(found, expected, floor);
  if (error <= tolerance) return error;
  std::ostringstream fault;
  fault << what << ": relative error " << error << ", allowed " << tolerance;
  faults.push_back(fault.str());
  return error;
}

// The derivative of Σ weight·output along `direction` of `tensor`.
double central_difference(Specimen& specimen, const Tensor& tensor, const Numbers& direction,
                          double step) {
  const Numbers start = tensor.to_vector();
  const auto output_at = [&](double distance) {
    for (size_t i = 0; i < start.size(); ++i)
      tensor.data<double>()[i] = start[i] + distance * direction[i];
    specimen.touch();
    return specimen.forward_only();
  };
  const Tensor ahead = output_at(step), behind = output_at(-step);
  output_at(0);
  const Numbers a = ahead.to_vector(), b = behind.to_vector();
  const Numbers weight = specimen.output_weights(ahead.shape()).to_vector();
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += weight[i] * (a[i] - b[i]);
  return sum / (2 * step);
}

// Every element of a small tensor; of a large one, some elements and two directions through all,
// as long as an element's, so that their derivatives are of the same size.
std::vector<Numbers> directions_of(const std::string& name, size_t count) {
  constexpr size_t kMost = 300, kSome = 60;
  std::vector<Numbers> directions;
  RandomSequence random(RandomStream(11, stable_hash(name)));
  const size_t elements = count <= kMost ? count : kSome;
  for (size_t i = 0; i < elements; ++i) {
    Numbers& unit = directions.emplace_back(count, 0.0);
    unit[count <= kMost ? i : random.below(count)] = 1;
  }
  if (count <= kMost) return directions;
  for (int i = 0; i < 2; ++i) {
    directions.push_back(normal_numbers(name + std::to_string(i), static_cast<int64_t>(count)));
    for (double& number : directions.back()) number /= std::sqrt(static_cast<double>(count));
  }
  return directions;
}

// Returns the worst error.
double check_differences(Faults& faults, Specimen& specimen, const Results& results,
                         const Gradcheck& with) {
  double worst = 0;
  const std::vector<Tensor> tensors = specimen.differentiated();
  const double floor = 1e-3 * largest(results.grads);
  for (size_t t = 0; t < tensors.size(); ++t) {
    if (with.approximate && results.names[t] == "input") continue;
    const Numbers grad = results.grads[t].to_vector();
    Numbers expected, found;
    for (const Numbers& direction : directions_of(results.names[t], grad.size())) {
      expected.push_back(central_difference(specimen, tensors[t], direction, with.step));
      double along = 0;
      for (size_t i = 0; i < grad.size(); ++i) along += grad[i] * direction[i];
      found.push_back(along);
    }
    const double error =
        compare(faults, "gradient of " + results.names[t] + " against central differences", found,
                expected, floor, with.tolerance);
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

void check_accumulation(Faults& faults, Specimen& specimen, const Results& once) {
  const Results twice = specimen.forward_backward();  // gradients were not zeroed
  const double floor = largest(once.grads);
  for (size_t t = 0; t < once.grads.size(); ++t) {
    const bool parameter = once.names[t] != "input" && once.names[t] != "cond";
    Numbers expected = once.grads[t].to_vector();
    if (parameter)
      for (double& number : expected) number *= 2;
    compare(faults, "gradient of " + once.names[t] + " after a second pass",
            twice.grads[t].to_vector(), expected, floor, 1e-12);
  }
}

void check_float32(Faults& faults, const MakeModule& make, const Gradcheck& with, bool training,
                   const Results& reference) {
  Specimen specimen(make, with, DType::kFloat32, training);
  const Results results = specimen.forward_backward();
  compare(faults, "output in float32", results.output.to_vector(), reference.output.to_vector(), 0,
          with.float32_tolerance);
  const double floor = 1e-2 * largest(reference.grads);
  for (size_t t = 0; t < results.grads.size(); ++t)
    compare(faults, "gradient of " + results.names[t] + " in float32", results.grads[t].to_vector(),
            reference.grads[t].to_vector(), floor, with.float32_tolerance);
}

void check_threads(Faults& faults, const MakeModule& make, const Gradcheck& with, DType dtype,
                   bool training) {
  const auto run = [&](int count) {
    const Threads threads(count);
    return Specimen(make, with, dtype, training).forward_backward();
  };
  const Results one = run(1), two = run(2);
  const std::string end = std::string(" in ") + name_of(dtype) + ": other bits with 2 threads";
  if (!same_bits(one.output, two.output)) faults.push_back("output" + end);
  for (size_t t = 0; t < one.grads.size(); ++t)
    if (!same_bits(one.grads[t], two.grads[t]))
      faults.push_back("gradient of " + one.names[t] + end);
}

Faults faults_in_mode(const MakeModule& make, const Gradcheck& with, bool training, double& worst) {
  const Threads one(1);  // thousands of forwards, each too small to share
  Faults faults;
  Specimen specimen(make, with, DType::kFloat64, training);
  const Results results = specimen.forward_backward();
  if (results.input_changed) faults.push_back("the forward wrote to its input");
  compare(faults, "output without a tape", specimen.forward_only().to_vector(),
          results.output.to_vector(), 0, 1e-12);
  check_accumulation(faults, specimen, results);
  worst = check_differences(faults, specimen, results, with);
  check_float32(faults, make, with, training, results);
  return faults;
}

Faults thread_faults_in_mode(const MakeModule& make, const Gradcheck& with, bool training) {
  Faults faults;
  check_threads(faults, make, with, DType::kFloat32, training);
  check_threads(faults, make, with, DType::kFloat64, training);
  return faults;
}

// Faults of training and evaluation, each with its mode and the shape of the input before it.
template <class FaultsInMode>
Faults faults_of(const MakeModule& make, const Gradcheck& with, const FaultsInMode& in_mode) {
  Faults all;
  const std::string input = ", input " + (with.x ? with.x.shape() : with.input).str() + ": ";
  for (const bool training : {true, false}) {
    if (!(training ? with.train : with.eval)) continue;
    for (const std::string& fault : in_mode(make, with, training))
      all.push_back((training ? "training" : "evaluation") + input + fault);
  }
  return all;
}

void fail_with(const Faults& faults) {
  CHECK(faults.empty());
  for (const std::string& fault : faults) FAIL_CHECK(fault);
}

Faults all_faults(const MakeModule& make, const Gradcheck& with, GradientErrors& errors) {
  Faults faults =
      faults_of(make, with, [&](const MakeModule& made, const Gradcheck& checked, bool training) {
        return faults_in_mode(made, checked, training, training ? errors.train : errors.eval);
      });
  for (std::string& fault : faults_of(make, with, thread_faults_in_mode))
    faults.push_back(std::move(fault));
  return faults;
}

}  // namespace

std::vector<std::string> gradcheck_faults(const MakeModule& make, const Gradcheck& with) {
  GradientErrors errors;
  return all_faults(make, with, errors);
}

GradientErrors gradcheck(const MakeModule& make, const Gradcheck& with) {
  GradientErrors errors;
  fail_with(all_faults(make, with, errors));
  return errors;
}

void check_same_bits(const MakeModule& make, const Gradcheck& with) {
  fail_with(faults_of(make, with, thread_faults_in_mode));
}

MakeModule module_of(FunctionModule::Function function) {
  return [function = std::move(function)](const Scope& scope) {
    return std::make_unique<FunctionModule>(scope, function);
  };
}

}  // namespace norma
