#include <memory>

#include "apps/bench/families.h"
#include "apps/bench/forward_backward.h"
#include "layers/conv2d.h"

namespace norma {
namespace {

struct ConvolutionAt {
  int64_t batch, in, size, kernel, out, stride, padding;
  int64_t out_size() const { return (size + 2 * padding - kernel) / stride + 1; }
};

Work convolution_work(const ConvolutionAt& at) {
  const Tensor x = normal_tensor({at.batch, at.size, at.size, at.in}, 1);
  const Tensor dy = normal_tensor({at.batch, at.out_size(), at.out_size(), at.out}, 2);
  const auto run = std::make_shared<ForwardBackward>(
      [&](const Scope& scope) -> ForwardBackward::Forward {
        const Conv2d::Options options{.out = at.out,
                                      .kernel = at.kernel,
                                      .stride = at.stride,
                                      .padding = at.padding,
                                      .bias = false};
        return [conv = std::make_shared<Conv2d>(scope, options, at.in)](
                   Context& ctx, const Var& in) { return (*conv)(ctx, in); };
      },
      x, dy);
  (*run)();
  const double weight = 4.0 * static_cast<double>(at.out * at.in * at.kernel * at.kernel);
  const double images = static_cast<double>(x.bytes()), maps = static_cast<double>(dy.bytes());
  return {.run = [run] { (*run)(); },
          // x read and y written; x and dy read, dx written; the weight read twice, its gradient
          // read and written.
          .bytes = 3 * images + 2 * maps + 4 * weight,
          .flops = 3 * run->forward_flops(),
          .working_set = 2 * images + 2 * maps + 2 * weight,
          .arithmetic = Arithmetic::kProductFloat32};
}

}  // namespace

std::vector<BenchCase> convolution_cases() {
  std::vector<BenchCase> cases;
  for (const ConvolutionAt& at :
       {ConvolutionAt{128, 3, 32, 3, 16, 1, 1}, ConvolutionAt{128, 16, 32, 3, 16, 1, 1},
        ConvolutionAt{128, 16, 32, 3, 32, 2, 1}, ConvolutionAt{128, 32, 16, 3, 32, 1, 1},
        ConvolutionAt{128, 64, 8, 3, 64, 1, 1}, ConvolutionAt{64, 1, 28, 4, 192, 4, 0}}) {
    const std::string size = std::to_string(at.size), kernel = std::to_string(at.kernel);
    std::string name = "conv/" + std::to_string(at.batch) + "x" + std::to_string(at.in) + "x" +
                       size + "x" + size + "/" + kernel + "x" + kernel + "-to-" +
                       std::to_string(at.out);
    if (at.stride > 1) name += "-stride-" + std::to_string(at.stride);
    cases.push_back({.name = std::move(name), .make = [at] { return convolution_work(at); }});
  }
  return cases;
}

}  // namespace norma
