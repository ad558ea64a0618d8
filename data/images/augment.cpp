#include "data/images/augment.h"

#include <algorithm>

namespace norma {
namespace {

// Uniform in [0, bound): the high half of a product, Lemire 2019. Its bias, bound / 2^32, is far
// below what any training could tell.
int64_t below(int64_t bound, uint32_t word) {
  return static_cast<int64_t>((static_cast<uint64_t>(word) * static_cast<uint64_t>(bound)) >> 32);
}

}  // namespace

Augmentation draw_augmentation(const AugmentOptions& options, int64_t height, int64_t width,
                               const RandomStream& stream, uint64_t number) {
  const uint32_t sample = static_cast<uint32_t>(number);
  Augmentation drawn;
  const auto words = stream.bits(sample, 0);
  drawn.shift_y = below(2 * options.crop + 1, words[0]) - options.crop;
  drawn.shift_x = below(2 * options.crop + 1, words[1]) - options.crop;
  drawn.flip = options.flip && (words[2] >> 31);
  if (options.cutout > 0) {
    const auto centre = stream.bits(sample, 1);
    const int64_t top = below(height, centre[0]) - options.cutout / 2;
    const int64_t left = below(width, centre[1]) - options.cutout / 2;
    drawn.top = std::max<int64_t>(top, 0);
    drawn.left = std::max<int64_t>(left, 0);
    drawn.bottom = std::min(top + options.cutout, height);
    drawn.right = std::min(left + options.cutout, width);
  }
  return drawn;
}

}  // namespace norma
