#include "tests/gradcheck.h"

#include "core/parallel.h"
#include "layers/elementwise.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// y = w·x with one number w, and whatever mistakes are asked for.
struct Mistakes {
  double gradient = 1;          // factor on dx
  bool overwrites = false;      // assigns dw instead of adding to it
  bool leaves_gap = false;      // never writes the last output
  bool writes_input = false;    // doubles its input in place
  bool tape_matters = false;    // another output with a tape than without
  bool threads_matter = false;  // another output for another number of threads
  double float32_error = 0;     // relative, in float32 only
};

struct FaultyOp : NamedOp<FaultyOp> {
  static constexpr const char* kName = "faulty";
  Tensor x;
  Param* w;
  Mistakes mistakes;
  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    const Tensor dx = Tensor::empty(x.shape(), x.dtype());
    with_float_type(x.dtype(), [&]<class T>() {
      const T factor = w->value.data<T>()[0] * static_cast<T>(mistakes.gradient);
      T dw = 0;
      for (int64_t i = 0; i < x.numel(); ++i) {
        dw += dy.data<T>()[i] * x.data<T>()[i];
        dx.data<T>()[i] = dy.data<T>()[i] * factor;
      }
      w->grad.data<T>()[0] = mistakes.overwrites ? dw : w->grad.data<T>()[0] + dw;
    });
    grads.give(0, dx);
  }
};

Var faulty(Context& ctx, const Var& x, Param& w, const Mistakes& mistakes) {
  Var y{Tensor::empty(x.shape(), x.value.dtype())};
  double factor = w.value.item();
  if (mistakes.tape_matters && ctx.tape) factor *= 1.001;
  if (mistakes.threads_matter) factor += 1e-14 * thread_count();
  if (x.value.dtype() == DType::kFloat32) factor *= 1 + mistakes.float32_error;
  with_float_type(x.value.dtype(), [&]<class T>() {
    T* const values = x.value.data<T>();
    if (mistakes.writes_input) values[0] *= 2;
    for (int64_t i = 0; i < x.value.numel() - mistakes.leaves_gap; ++i)
      y.value.data<T>()[i] = static_cast<T>(factor * static_cast<double>(values[i]));
  });
  if (auto* op = ctx.record<FaultyOp>({&x}, {&w}, {&y})) {
    op->x = x.value;
    op->w = &w;
    op->mistakes = mistakes;
  }
  return y;
}

class Faulty : public Module {
 public:
  Faulty(const Scope& scope, const Mistakes& mistakes)
      : Module(scope),
        w_(scope.param("w", {1}, ParamKind::kScalar, Init::constant(1))),
        mistakes_(mistakes) {}

 protected:
  Var forward(Context& ctx, const Var& x) override { return faulty(ctx, x, w_, mistakes_); }

 private:
  Param& w_;
  Mistakes mistakes_;
};

// All complaints in one text.
std::string complaints(const Mistakes& mistakes) {
  std::string text;
  for (const std::string& fault : gradcheck_faults(
           [&](const Scope& scope) { return std::make_unique<Faulty>(scope, mistakes); },
           {.input = {3, 5}}))
    text += fault + "\n";
  return text;
}

TEST_CASE("gradcheck finds nothing wrong with a right operation") { CHECK(complaints({}).empty()); }

TEST_CASE("gradcheck finds each kind of mistake") {
  CHECK_THAT(complaints({.gradient = 1.00001}),
             ContainsSubstring("training, input (3, 5): gradient of input against central"));
  CHECK_THAT(complaints({.gradient = 1.00001}), ContainsSubstring("evaluation, input (3, 5): "));
  CHECK_THAT(complaints({.overwrites = true}),
             ContainsSubstring("gradient of w after a second pass"));
  CHECK_THAT(complaints({.leaves_gap = true}), ContainsSubstring("nan, allowed"));
  CHECK_THAT(complaints({.writes_input = true}), ContainsSubstring("wrote to its input"));
  CHECK_THAT(complaints({.tape_matters = true}), ContainsSubstring("output without a tape"));
  CHECK_THAT(complaints({.threads_matter = true}),
             ContainsSubstring("output in float64: other bits with 2 threads"));
  CHECK_THAT(complaints({.float32_error = 3e-4}), ContainsSubstring("output in float32: relative"));
}

}  // namespace
}  // namespace norma
