#include "apps/bench/roof.h"

#include <algorithm>

#include "core/parallel.h"
#include "core/tensor.h"

namespace norma {
namespace {

// Long enough to stream, short enough for the threads to come out even.
constexpr int64_t kStretch = 16 * 1024;

template <class Body>
void over_stretches(int64_t count, const Body& body) {
  parallel_chunks((count + kStretch - 1) / kStretch, [&](int64_t chunk) {
    body(chunk * kStretch, std::min(count, (chunk + 1) * kStretch));
  });
}

}  // namespace

std::vector<BenchCase> bandwidth_cases(double working_set) {
  const auto array = [&](int arrays) {
    const auto count = static_cast<int64_t>(working_set / arrays / sizeof(float));
    return Tensor::full({count}, DType::kFloat32, 1);
  };
  std::vector<BenchCase> cases;
  const auto add = [&](const char* name, std::function<void()> run) {
    cases.push_back({.name = name,
                     .run = std::move(run),
                     .bytes = working_set,
                     .working_set = working_set,
                     .shape = "memory"});
  };
  add("copy", [a = array(2), b = array(2)] {
    float* const to = a.data<float>();
    const float* const from = b.data<float>();
    over_stretches(a.numel(), [=](int64_t begin, int64_t end) {
      std::copy(from + begin, from + end, to + begin);
    });
  });
  add("triad", [a = array(3), b = array(3), c = array(3)] {
    float* const to = a.data<float>();
    const float *const x = b.data<float>(), *const y = c.data<float>();
    over_stretches(a.numel(), [=](int64_t begin, int64_t end) {
#pragma omp simd
      for (int64_t i = begin; i < end; ++i) to[i] = x[i] + 3.0f * y[i];
    });
  });
  return cases;
}

double bandwidth_roof(const std::vector<BenchCase>& roofs, const std::vector<Timing>& timings,
                      double working_set) {
  double most = 0;
  for (size_t i = 0; i < roofs.size(); ++i)
    if (roofs[i].working_set == working_set)
      most = std::max(most, roofs[i].bytes / timings[i].median * 1e-3);
  return most;
}

}  // namespace norma
