#pragma once

#include <cstdint>

#include "data/data_registry.h"

namespace norma {

// The options of tasks that can make up any number of samples.
struct TaskOptions {
  int64_t train_samples = 100000, val_samples = 1000, test_samples = 1000;
  int64_t seed = 0;
  OrderOption order;
  void describe(Fields& f);
};

}  // namespace norma
