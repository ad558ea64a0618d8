#include "apps/landscape/slices.h"

#include "core/rng.h"

namespace norma {
namespace {

int64_t filter_length(const Param& param) {
  const int64_t dimensions = param.shape.rank();
  // (experts, out, in) holds as many matrices as experts; (out, in) and (out, in, height, width)
  // are one.
  const int64_t filters = param.shape[0] * (dimensions == 3 ? param.shape[1] : 1);
  return param.numel() / filters;
}

bool has_filters(const Param& param) {
  return (param.kind == ParamKind::kWeight || param.kind == ParamKind::kEmbedding) &&
         param.shape.rank() > 1;
}

std::vector<double> even_points(double reach, int64_t points) {
  if (points < 2)
    throw Error("a slice of the loss has " + std::to_string(points) + " points, at least 2 wanted");
  std::vector<double> at;
  for (int64_t i = 0; i < points; ++i)
    at.push_back(reach * static_cast<double>(2 * i - points + 1) / static_cast<double>(points - 1));
  return at;
}

}  // namespace

Direction filter_normalized(Training& training, uint64_t seed, int64_t index) {
  Direction direction;
  for (const Param& param : training.params().params()) {
    const size_t begin = direction.size();
    direction.resize(begin + static_cast<size_t>(param.numel()));
    if (!has_filters(param)) continue;
    RandomSequence random(RandomStream(seed, stable_hash("landscape." + param.name)),
                          static_cast<uint32_t>(index));
    const std::vector<double> weights = param.value.to_vector();
    const auto size = static_cast<size_t>(filter_length(param));
    for (size_t first = 0; first < weights.size(); first += size) {
      const std::span filter(direction.data() + begin + first, size);
      for (double& each : filter) each = random.normal();
      const double factor = length(std::span(weights).subspan(first, size)) / length(filter);
      for (double& each : filter) each *= factor;
    }
  }
  return direction;
}

LossLine slice(LossSurface& surface, const Direction& direction, double reach, int64_t points) {
  LossLine line{.at = even_points(reach, points), .losses = {}};
  Direction shift;
  for (const double t : line.at) {
    shift = direction;
    for (double& each : shift) each *= t;
    line.losses.push_back(surface.loss(shift));
  }
  return line;
}

LossPlane slice(LossSurface& surface, const Direction& first, const Direction& second, double reach,
                int64_t points) {
  LossPlane plane{.at = even_points(reach, points), .losses = {}};
  Direction shift(first.size());
  for (const double y : plane.at) {
    plane.losses.emplace_back();
    for (const double x : plane.at) {
      for (size_t i = 0; i < shift.size(); ++i) shift[i] = x * first[i] + y * second[i];
      plane.losses.back().push_back(surface.loss(shift));
    }
  }
  return plane;
}

}  // namespace norma
