#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "layers/module.h"

namespace norma {

using MakeModule = std::function<std::unique_ptr<Module>(const Scope&)>;

// What a module is checked on.
struct Gradcheck {
  Shape input;         // filled with normal numbers …
  Tensor x = {};       // … unless the input is given here
  int64_t tokens = 0;  // above 0: the input holds int32 tokens below this, and gets no gradient
  Shape cond = {};     // of the conditioning vector, if the module takes one
  Tensor mask = {}, target = {};
  bool train = true, eval = true;  // modes to check
  bool approximate = false;        // the input's gradient is not meant to be the forward's
  double step = 1e-5;              // of the central differences
  double tolerance = 1e-6;         // of the gradients, relative to the largest of their tensor
  double float32_tolerance = 1e-4;
};

// Checks a module from all sides, in training and in evaluation, with random parameters and running
// statistics and a random weight on each output, in memory poisoned with NaN:
//   - gradients of the input, the conditioning vector and every parameter against central
//     differences in float64, with detached values held fixed;
//   - a forward without a tape gives the same output, and no forward alters its input;
//   - gradients of a second pass add to those of the first;
//   - float32 agrees with float64;
//   - one thread and two give the same bits.
// Each fault is a failed assertion of the running test. Returns the worst relative error of a
// gradient against central differences, in each mode.
struct GradientErrors {
  double train = 0, eval = 0;
};
GradientErrors gradcheck(const MakeModule& make, const Gradcheck& with);

// Only the last point, for shapes large enough to be cut into many chunks.
void check_same_bits(const MakeModule& make, const Gradcheck& with);

// What gradcheck would complain about; empty when all is well.
std::vector<std::string> gradcheck_faults(const MakeModule& make, const Gradcheck& with);

// A module out of a function, to check operations that no module offers by itself.
class FunctionModule : public Module {
 public:
  using Function = std::function<Var(Context&, const Var&)>;
  FunctionModule(const Scope& scope, Function function)
      : Module(scope), function_(std::move(function)) {}

 protected:
  Var forward(Context& ctx, const Var& x) override { return function_(ctx, x); }

 private:
  Function function_;
};
MakeModule module_of(FunctionModule::Function function);

// Fills the pool's free blocks of up to 64 KiB with NaN, so that memory read before it was written
// shows.
void poison_pool();

}  // namespace norma
