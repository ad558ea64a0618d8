#pragma once

#include "core/pool.h"
#include "tests/catch.h"

namespace norma {

// Runs step(0), step(1) …: after the second, none may ask the system for memory.
template <class Step>
void check_steady(int steps, const Step& step) {
  int64_t misses = 0;
  for (int number = 0; number < steps; ++number) {
    if (number == 2) misses = pool_statistics().misses;
    step(number);
  }
  CHECK(pool_statistics().misses == misses);
}

}  // namespace norma
