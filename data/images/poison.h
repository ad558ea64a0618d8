#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/config/fields.h"

namespace norma {

// Labels of the training split made wrong on purpose, all towards one class: what does a model make
// of them? (Label-flipping attacks: Biggio, Nelson and Laskov, "Support vector machines under
// adversarial label noise", 2011.) Which images are taken follows from `seed` alone, so all
// trainings of a study share them; those of a smaller share are among those of a larger one.
struct PoisonOptions {
  double share = 0;
  int64_t towards = 0, seed = 0;
  void describe(Fields& f) {
    f.number("share", share,
             "share of the training images whose label is replaced, all of other classes; 0: none",
             {.min = 0, .below = 1});
    f.integer("towards", towards, "the class that they are labelled as", {.min = 0, .max = 255});
    f.integer("seed", seed, "which images; the training's own seed is another", {.min = 0});
  }
};

// Images with a wrong label.
struct Poisoned {
  std::vector<int64_t> places;  // ascending
  std::vector<uint8_t> truth;   // the labels that they had
};

// Replaces labels of a training split, round(share·count) of them. An Error, which `source` begins,
// where `towards` is no class or fewer images are of another class.
Poisoned poison(const PoisonOptions& options, int64_t classes, std::span<uint8_t> labels,
                const std::string& source);

}  // namespace norma
