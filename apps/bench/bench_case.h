#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace norma {

// What computes a case, and so bounds its rate besides memory: the vector units, or they (and
// matrix units, where there are any) at what a matrix product of that precision reaches.
enum class Arithmetic : uint8_t { kVector, kProductFloat32, kProductBFloat16 };
inline constexpr int kArithmetics = 3;

// How a work goes through memory. A processor reads what it is about to overwrite, so writing where
// something was read comes cheaper than writing elsewhere, and reading alone cheaper still.
enum class Traffic : uint8_t { kStreams, kInPlace, kReads };

// Something to be timed: one call of `run` does it once.
struct Work {
  std::function<void()> run;
  double bytes = 0;        // that one call must move between memory and processor
  double flops = 0;        // that it must compute; a multiply-add counts two
  double working_set = 0;  // bytes of the tensors that it goes through
  Arithmetic arithmetic = Arithmetic::kVector;
  Traffic traffic = Traffic::kStreams;
};

// A work by its name, made only when it is to be timed.
struct BenchCase {
  std::string name;  // family, what, shape: "norm/layer_norm/4096x256"
  std::function<Work()> make;
  std::string loop = {};  // a norm's; its share is compared with the best of the same loop
  bool large = false;     // takes long or much memory: timed only when asked for by name
};

}  // namespace norma
