#include "tests/gradcheck.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

#include "core/parallel.h"
#include "core/rng.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Numbers = std::vector<double>;
using Faults = std::vector<std::string>;

// Normal numbers that float32 holds exactly, so that both precisions start from the same values.
Numbers normal_numbers(const std::string& name, int64_t count) {
  RandomSequence random(RandomStream(7, stable_hash(name)));
  Numbers numbers(static_cast<size_t>(count));
  for (double& number : numbers) number = static_cast<float>(random.normal());
  return numbers;
}

Tensor random_input(const Gradcheck& with, DType dtype) {
  if (with.x) return with.x.dtype() == DType::kInt32 ? with.x : with.x.to(dtype);
  Numbers numbers = normal_numbers("input", with.input.numel());
  if (with.tokens == 0) return Tensor::from(numbers, with.input, dtype);
  RandomSequence random(RandomStream(7, stable_hash("tokens")));
  for (double& number : numbers)
    number = static_cast<double>(random.below(static_cast<uint64_t>(with.tokens)));
  return Tensor::from(numbers, with.input, DType::kInt32);
}

// Parameters move off their initial values: at a gain of 1 and a bias of 0 many mistakes go unseen.
void randomize(ParamSet& set) {
  for (Param& param : set.params()) {
    Numbers values = param.value.to_vector();
    const Numbers noise = normal_numbers(param.name, param.numel());
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(values[i] + 0.3 * noise[i]);
    param.value.copy_from(Tensor::from(values, param.shape, param.value.dtype()));
    ++param.version;
  }
  for (Buffer& buffer : set.buffers()) {
    if (buffer.value.dtype() != set.dtype()) continue;
    Numbers values = normal_numbers(buffer.name, buffer.value.numel());
    for (double& value : values) value = static_cast<float>(0.5 + std::abs(value));
    buffer.value.copy_from(Tensor::from(values, buffer.value.shape(), set.dtype()));
  }
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

// What one forward and backward leave.
struct Results {
  Tensor output;
  bool input_changed = false;
  std::vector<std::string> names;
  std::vector<Tensor> grads;
};

// A module with its parameters, inputs and context in one precision.
class Specimen {
 public:
  Specimen(const MakeModule& make, const Gradcheck& with, DType dtype, bool training)
      : set_(dtype, 3), module_(make(Scope(set_))), x_(random_input(with, dtype)) {
    set_.materialize();
    randomize(set_);
    for (const Buffer& buffer : set_.buffers()) buffers_.push_back(buffer.value.clone());
    ctx_.training = training;
    ctx_.dtype = dtype;
    ctx_.mask = with.mask;
    if (with.target)
      ctx_.target = with.target.dtype() == DType::kFloat64 ? with.target.to(dtype) : with.target;
    if (with.cond.rank() > 0)
      cond_ = Tensor::from(normal_numbers("cond", with.cond.numel()), with.cond, dtype);
    takes_gradient_ = x_.dtype() == dtype;
  }

  Tensor forward_only() {
    begin(nullptr);
    ctx_.cond = {cond_};
    return (*module_)(ctx_, {x_}).value.clone();  // an identity would return its input's memory
  }

  Results forward_backward() {
    poison_pool();
    begin(&tape_);
    const Var x = takes_gradient_ ? tape_.leaf(x_) : Var{x_};
    ctx_.cond = cond_ ? tape_.leaf(cond_) : Var{};
    const Tensor before = x_.clone();
    const Var y = (*module_)(ctx_, x);
    Results results;
    results.output = y.value.clone();
    results.input_changed = !same_bits(x_, before);
    poison_pool();
    if (y.needs_grad()) tape_.backward(y, output_weights(y.shape()));
    if (takes_gradient_) add(results, "input", grad_or_zeros(x));
    if (cond_) add(results, "cond", grad_or_zeros(ctx_.cond));
    for (const Param& param : set_.params()) add(results, param.name, param.grad.clone());
    return results;
  }

  // The tensors that `Results::grads` belong to, in the same order.
  std::vector<Tensor> differentiated() {
    std::vector<Tensor> tensors;
    if (takes_gradient_) tensors.push_back(x_);
    if (cond_) tensors.push_back(cond_);
    for (const Param& param : set_.params()) tensors.push_back(param.value);
    return tensors;
  }

  Tensor output_weights(const Shape& shape) const {
    return Tensor::from(normal_numbers("output", shape.numel()), shape, ctx_.dtype);
  }
  void zero_grad() { set_.zero_grad(); }
  void touch() { set_.touch(); }

 private:
  void begin(Tape* tape) {
    for (size_t i = 0; i < buffers_.size(); ++i) set_.buffers()[i].value.copy_from(buffers_[i]);
    ctx_.tape = tape;
    ctx_.begin_forward(0);
  }
  Tensor grad_or_zeros(const Var& leaf) const {
    const Tensor& grad = tape_.grad(leaf);
    return grad ? grad.clone() : Tensor::zeros(leaf.shape(), ctx_.dtype);
  }
  static void add(Results& results, std::string name, Tensor grad) {
    results.names.push_back(std::move(name));
    results.grads.push_back(std::move(grad));
  }

  ParamSet set_;
  std::unique_ptr<Module> module_;
  Tensor x_, cond_;
  std::vector<Tensor> buffers_;
  Tape tape_;
  Context ctx_;
  bool takes_gradient_;
};

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

void compare(Faults& faults, const std::string& what, const Numbers& found, const Numbers& expected,
             double floor, double tolerance) {
  const double error = relative_error(found, expected, floor);
  if (error <= tolerance) return;
  std::ostringstream fault;
  fault << what << ": relative error " << error << ", allowed " << tolerance;
  faults.push_back(fault.str());
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

// Every element of a small tensor; of a large one, some elements and two directions through all.
std::vector<Numbers> directions_of(const std::string& name, size_t count) {
  constexpr size_t kMost = 300, kSome = 60;
  std::vector<Numbers> directions;
  RandomSequence random(RandomStream(11, stable_hash(name)));
  const size_t elements = count <= kMost ? count : kSome;
  for (size_t i = 0; i < elements; ++i) {
    Numbers& unit = directions.emplace_back(count, 0.0);
    unit[count <= kMost ? i : random.below(count)] = 1;
  }
  if (count > kMost)
    for (int i = 0; i < 2; ++i)
      directions.push_back(normal_numbers(name + std::to_string(i), static_cast<int64_t>(count)));
  return directions;
}

void check_differences(Faults& faults, Specimen& specimen, const Results& results,
                       const Gradcheck& with) {
  const std::vector<Tensor> tensors = specimen.differentiated();
  const double floor = 1e-3 * largest(results.grads);
  for (size_t t = 0; t < tensors.size(); ++t) {
    const Numbers grad = results.grads[t].to_vector();
    Numbers expected, found;
    for (const Numbers& direction : directions_of(results.names[t], grad.size())) {
      expected.push_back(central_difference(specimen, tensors[t], direction, with.step));
      double along = 0;
      for (size_t i = 0; i < grad.size(); ++i) along += grad[i] * direction[i];
      found.push_back(along);
    }
    compare(faults, "gradient of " + results.names[t] + " against central differences", found,
            expected, floor, with.tolerance);
  }
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
  const int threads = thread_count();
  const auto run = [&](int count) {
    set_thread_count(count);
    return Specimen(make, with, dtype, training).forward_backward();
  };
  const Results one = run(1), two = run(2);
  set_thread_count(threads);
  const std::string end = std::string(" in ") + name_of(dtype) + ": other bits with 2 threads";
  if (!same_bits(one.output, two.output)) faults.push_back("output" + end);
  for (size_t t = 0; t < one.grads.size(); ++t)
    if (!same_bits(one.grads[t], two.grads[t]))
      faults.push_back("gradient of " + one.names[t] + end);
}

Faults faults_in_mode(const MakeModule& make, const Gradcheck& with, bool training) {
  Faults faults;
  Specimen specimen(make, with, DType::kFloat64, training);
  const Results results = specimen.forward_backward();
  if (results.input_changed) faults.push_back("the forward wrote to its input");
  compare(faults, "output without a tape", specimen.forward_only().to_vector(),
          results.output.to_vector(), 0, 1e-12);
  check_accumulation(faults, specimen, results);
  check_differences(faults, specimen, results, with);
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
  const std::string input = ", input " + random_input(with, DType::kFloat64).shape().str() + ": ";
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

}  // namespace

std::vector<std::string> gradcheck_faults(const MakeModule& make, const Gradcheck& with) {
  Faults faults = faults_of(make, with, faults_in_mode);
  for (std::string& fault : faults_of(make, with, thread_faults_in_mode))
    faults.push_back(std::move(fault));
  return faults;
}

void gradcheck(const MakeModule& make, const Gradcheck& with) {
  fail_with(gradcheck_faults(make, with));
}

void check_same_bits(const MakeModule& make, const Gradcheck& with) {
  fail_with(faults_of(make, with, thread_faults_in_mode));
}

MakeModule module_of(FunctionModule::Function function) {
  return [function = std::move(function)](const Scope& scope) {
    return std::make_unique<FunctionModule>(scope, function);
  };
}

void poison_pool() {
  constexpr int64_t kSmallest = 256, kLargest = 64 << 10;
  constexpr int kBlocks = 8;  // of each size; the pool hands out last what it got back first
  std::vector<Tensor> held;
  for (int64_t power = kSmallest; power < kLargest; power *= 2) {
    for (int64_t eighth = 0; eighth < 8; ++eighth) {
      for (int i = 0; i < kBlocks; ++i) {
        held.push_back(Tensor::empty({power + eighth * power / 8}, DType::kUInt8));
        std::memset(held.back().raw(), 0xff, held.back().bytes());  // NaN in every float type
      }
    }
  }
}

}  // namespace norma
