#include "data/images/poison.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "data/sampler.h"

namespace norma {

Poisoned poison(const PoisonOptions& options, int64_t classes, std::span<uint8_t> labels,
                const std::string& source) {
  Poisoned poisoned;
  const size_t wanted =
      static_cast<size_t>(std::llround(options.share * static_cast<double>(labels.size())));
  if (wanted == 0) return poisoned;
  if (options.towards >= classes)
    throw Error(source + ": poison.towards is " + std::to_string(options.towards) +
                "; there are classes 0 to " + std::to_string(classes - 1));
  std::vector<int64_t> others;
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != options.towards) others.push_back(static_cast<int64_t>(i));
  if (wanted > others.size())
    throw Error(source + ": poison.share asks for " + std::to_string(wanted) +
                " images of other classes than " + std::to_string(options.towards) + "; " +
                std::to_string(others.size()) + " of " + std::to_string(labels.size()) +
                " training images are");
  const Permutation order(
      others.size(), RandomStream(static_cast<uint64_t>(options.seed), stable_hash("data.poison")));
  for (size_t i = 0; i < wanted; ++i)
    poisoned.places.push_back(others[static_cast<size_t>(order(i))]);
  std::sort(poisoned.places.begin(), poisoned.places.end());
  for (const int64_t place : poisoned.places) {
    uint8_t& label = labels[static_cast<size_t>(place)];
    poisoned.truth.push_back(label);
    label = static_cast<uint8_t>(options.towards);
  }
  return poisoned;
}

}  // namespace norma
