#include "apps/bench/roof_loops.h"

#include <algorithm>

#include "core/kernels/packed_gemm.h"
#include "core/kernels/simd.h"
#include "core/onednn.h"
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

Tensor array_of(double bytes) {
  return Tensor::full({static_cast<int64_t>(bytes / sizeof(float))}, DType::kFloat32, 1);
}

Work over_memory(double bytes, std::function<void()> run) {
  return {.run = std::move(run), .bytes = bytes};
}

}  // namespace

Work copy_loop(double working_set) {
  return over_memory(working_set, [a = array_of(working_set / 2), b = array_of(working_set / 2)] {
    float* const to = a.data<float>();
    const float* const from = b.data<float>();
    over_stretches(a.numel(), [=](int64_t begin, int64_t end) {
      std::copy(from + begin, from + end, to + begin);
    });
  });
}

Work triad_loop(double working_set) {
  const auto third = [&] { return array_of(working_set / 3); };
  return over_memory(working_set, [a = third(), b = third(), c = third()] {
    float* const to = a.data<float>();
    const float *const x = b.data<float>(), *const y = c.data<float>();
    over_stretches(a.numel(), [=](int64_t begin, int64_t end) {
#pragma omp simd
      for (int64_t i = begin; i < end; ++i) to[i] = x[i] + 3.0f * y[i];
    });
  });
}

Work update_loop(double working_set) {
  return over_memory(working_set / 2 * 3,
                     [a = array_of(working_set / 2), b = array_of(working_set / 2)] {
                       float* const to = a.data<float>();
                       const float* const from = b.data<float>();
                       over_stretches(a.numel(), [=](int64_t begin, int64_t end) {
#pragma omp simd
                         for (int64_t i = begin; i < end; ++i) to[i] = 0.5f * to[i] + from[i];
                       });
                     });
}

Work read_loop(double working_set) {
  const Tensor a = array_of(working_set);
  const Tensor sums = Tensor::zeros({(a.numel() + kStretch - 1) / kStretch}, DType::kFloat32);
  return over_memory(working_set, [=] {
    const float* const from = a.data<float>();
    float* const to = sums.data<float>();
    over_stretches(a.numel(), [=](int64_t begin, int64_t end) {
      using Lanes = math::Vec<float>;
      constexpr int kApart = 8;  // sums that do not wait for each other
      Lanes parts[kApart];
      for (Lanes& part : parts) part = Lanes(0);
      int64_t i = begin;
      for (; i + kApart * Lanes::lanes <= end; i += kApart * Lanes::lanes)
        for (int k = 0; k < kApart; ++k) parts[k] += Lanes::load(from + i + k * Lanes::lanes);
      float sum = 0;
      for (; i < end; ++i) sum += from[i];
      for (const Lanes& part : parts) sum += math::sum(part);
      to[begin / kStretch] = sum;
    });
  });
}

Work multiply_add_loop() {
  using Lanes = math::Vec<float>;
  constexpr int kApart = 10;  // two a cycle, four to five cycles each
  constexpr int64_t kTurns = 100'000;
  const int64_t chunks = 4 * thread_count();
  const Tensor results = Tensor::zeros({chunks, kApart * Lanes::lanes}, DType::kFloat32);
  return {.run =
              [=] {
                float* const to = results.data<float>();
                parallel_chunks(chunks, [=](int64_t chunk) {
                  Lanes parts[kApart];
                  for (int k = 0; k < kApart; ++k) parts[k] = Lanes(k);
                  const Lanes factor(0.999f), add(0.001f);
                  for (int64_t turn = 0; turn < kTurns; ++turn)
                    for (Lanes& part : parts) part = part * factor + add;
                  for (int k = 0; k < kApart; ++k)
                    parts[k].store(to + (chunk * kApart + k) * Lanes::lanes);
                });
              },
          .flops = 2.0 * kApart * Lanes::lanes * static_cast<double>(kTurns * chunks)};
}

namespace {

// Products of square matrices on every thread, twice as many as there are threads;
// multiply(a, b, c, at) is the one whose operands begin at element `at`.
template <class Multiply>
Work product_loop(DType dtype, int64_t size, Multiply multiply) {
  const int64_t chunks = 2 * thread_count();
  const auto operand = [&] { return Tensor::full({chunks, size, size}, dtype, 0.5); };
  return {.run =
              [=, a = operand(), b = operand(), c = operand()] {
                parallel_chunks(chunks,
                                [&](int64_t chunk) { multiply(a, b, c, chunk * size * size); });
              },
          .flops = 2.0 * static_cast<double>(size * size * size * chunks)};
}

}  // namespace

Work onednn_product_loop(DType dtype, int64_t size) {
  const Gemm product{.m = size, .n = size, .k = size};
  return product_loop(
      dtype, size, [=](const Tensor& a, const Tensor& b, const Tensor& c, int64_t at) {
        if (dtype == DType::kBFloat16)
          onednn::matmul_bfloat16(product, a.data<bfloat16>() + at, size, b.data<bfloat16>() + at,
                                  size, c.data<bfloat16>() + at, false, size, nullptr);
        else
          onednn::sgemm(product, a.data<float>() + at, size, b.data<float>() + at, size,
                        c.data<float>() + at, size, nullptr);
      });
}

Work packed_product_loop(int64_t size) {
  return product_loop(DType::kFloat32, size,
                      [=](const Tensor& a, const Tensor& b, const Tensor& c, int64_t at) {
                        kernels::packed_gemm<float>(size, size, size, {a.data<float>() + at, size},
                                                    {b.data<float>() + at, size},
                                                    c.data<float>() + at, size, false, nullptr);
                      });
}

}  // namespace norma
