#include "apps/evaluations/shifts.h"

#include <cmath>

#include "apps/evaluations/corruptions.h"
#include "core/parallel.h"
#include "data/sampler.h"

namespace norma {

std::string condition(const char* kind, double severity) {
  return std::string(kind) + "_" + format_number(severity);
}

namespace {

using Corrupt = std::function<void(const Picture& picture, RandomSequence& random)>;

Shift corrupted(const char* kind, double severity, const Dataset& data, uint64_t seed,
                Corrupt corrupt) {
  const PixelSpace space(images_of(data, kind));
  const RandomStream stream(seed, stable_hash(std::string("evaluations.") + kind));
  const DataInfo& info = data.info();
  const auto alter = [space, stream, &info, corrupt](Batch& batch, int64_t first) {
    constexpr int64_t kWorkOfPixel = 64;
    const int64_t size = info.height * info.width * info.channels;
    std::vector<double> pixels = space.pixels_of(batch.input);
    parallel_ranges(batch.samples, size * kWorkOfPixel, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        RandomSequence random(stream, static_cast<uint32_t>(first + i));
        const std::span image(pixels.data() + i * size, static_cast<size_t>(size));
        corrupt({info.height, info.width, info.channels, image}, random);
      }
    });
    space.write(pixels, batch.input);
  };
  return {condition(kind, severity), alter};
}

// Replaces round(share·samples) labels by another class each, all equally likely.
Shift mislabelled(double share, int64_t classes, int64_t samples, uint64_t seed) {
  const Permutation order(static_cast<uint64_t>(samples),
                          RandomStream(seed, stable_hash("evaluations.label_noise.which")));
  std::vector<bool> chosen(static_cast<size_t>(samples));
  const int64_t count = std::llround(share * static_cast<double>(samples));
  for (int64_t i = 0; i < count; ++i)
    chosen[static_cast<size_t>(order(static_cast<uint64_t>(i)))] = true;
  const RandomStream stream(seed, stable_hash("evaluations.label_noise"));
  const auto alter = [chosen, stream, classes](Batch& batch, int64_t first) {
    for (int64_t i = 0; i < batch.samples; ++i) {
      if (!chosen[static_cast<size_t>(first + i)]) continue;
      RandomSequence random(stream, static_cast<uint32_t>(first + i));
      int32_t& label = batch.target.data<int32_t>()[i];
      const auto other = static_cast<int32_t>(random.below(static_cast<uint64_t>(classes - 1)));
      label = other + (other >= label);
    }
  };
  return {condition("label_noise", share), alter, true};
}

}  // namespace

std::vector<Shift> shifts_of(const EvaluationOptions& options, const Dataset& data, int64_t samples,
                             uint64_t seed) {
  std::vector<Shift> all;
  const auto add = [&](const char* kind, double severity, Corrupt corrupt) {
    all.push_back(corrupted(kind, severity, data, seed, std::move(corrupt)));
  };
  for (const double deviation : options.noise)
    add("noise", deviation, [=](const Picture& picture, RandomSequence& random) {
      add_noise(picture, deviation, random);
    });
  for (const double deviation : options.blur)
    add("blur", deviation, [=](const Picture& picture, auto&) { blur(picture, deviation); });
  for (const double factor : options.contrast)
    add("contrast", factor,
        [=](const Picture& picture, auto&) { change_contrast(picture, factor); });
  for (const double degrees : options.rotation)
    add("rotation", degrees, [=](const Picture& picture, auto&) { rotate(picture, degrees); });
  for (const int64_t side : options.occlusion)
    add("occlusion", static_cast<double>(side),
        [side, colour = images_of(data, "occlusion").mean_colour()](const Picture& picture,
                                                                    RandomSequence& random) {
          occlude(picture, side, colour, random);
        });
  for (const double share : options.label_noise)
    all.push_back(mislabelled(share, data.info().classes, samples, seed));
  return all;
}

}  // namespace norma
