#pragma once

#include <string>
#include <vector>

#include "apps/bench/bench_case.h"
#include "apps/bench/roof.h"
#include "apps/bench/stopwatch.h"
#include "apps/common/machine.h"
#include "core/config/json.h"

namespace norma {

// A case with its times, and how near it comes to what the machine can do.
struct Result {
  std::string name, loop;
  double bytes = 0, flops = 0, working_set = 0;
  Arithmetic arithmetic{};
  Timing timing;
  Bound bound;
  double of_best = 0;  // its share against the best of the same loop; 0 without one

  double bandwidth() const { return bytes / timing.median * 1e-3; }  // GB/s
  double rate() const { return flops / timing.median * 1e-3; }       // GFLOP/s
  double intensity() const { return flops / bytes; }
  // Of the roof that binds it.
  double share() const {
    return bound.by_memory ? bandwidth() / bound.bandwidth : rate() / bound.rate;
  }
  const char* bound_name() const { return bound.by_memory ? "memory" : name_of(arithmetic); }
};

struct Results {
  std::string note;  // what the user calls this run
  Machine machine;
  Pace pace;
  std::vector<MemoryRoof> memory;
  std::vector<ArithmeticRoof> arithmetic;
  std::vector<Result> cases;
};

// Makes the cases and times them in turns with their roofs.
Results measure(const std::vector<BenchCase>& cases, const Pace& pace);

std::string as_table(const Results& results);
Json as_json(const Results& results);
inline constexpr int kJsonVersion = 1;

}  // namespace norma
