#include "data/synthetic/task_options.h"

namespace norma {

void TaskOptions::describe(Fields& f) {
  const Is is_count{.min = 0, .max = 1e9};
  f.integer("train_samples", train_samples, "different training samples", {.min = 1, .max = 1e9});
  f.integer("val_samples", val_samples, "validation samples", is_count);
  f.integer("test_samples", test_samples, "test samples", is_count);
  f.integer("seed", seed, "the data follow from it; the training's own seed is another",
            {.min = 0});
  order.describe(f);
}

}  // namespace norma
