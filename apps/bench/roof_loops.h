#pragma once

#include "apps/bench/bench_case.h"
#include "core/dtype.h"

namespace norma {

// Loops that do one thing at the rate of the machine, on all worker threads. The first four go
// through arrays of so many bytes in all.
Work copy_loop(double working_set);
Work triad_loop(double working_set);
Work update_loop(double working_set);
Work read_loop(double working_set);

// Independent multiply-adds in registers.
Work multiply_add_loop();

// Products of square float32 or bfloat16 matrices, one a thread, each by oneDNN on that thread; and
// in float32 by Norma's own kernel.
Work onednn_product_loop(DType dtype, int64_t size);
Work packed_product_loop(int64_t size);

}  // namespace norma
