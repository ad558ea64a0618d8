// What the backward of a norm of the column shape did to the gradient, for those who look on.
#include "layers/norms/column_norm_op.h"
#include "layers/norms/parts_tally.h"

namespace norma {
namespace {

// `count` numbers of a float64 tensor, from one on; none of an undefined one.
std::vector<double> numbers_of(const Tensor& from, int64_t first, int64_t count) {
  if (!from) return {};
  const double* const numbers = from.data<double>() + first;
  return {numbers, numbers + count};
}

}  // namespace

Projection ColumnNormOp::projection() const {
  if (streams) return Projection::kSteered;
  if (given_centre) return Projection::kGiven;
  return comm ? Projection::kAcross : Projection::kOrthogonal;
}

// Moments of the batch, and the stats that follow from them.
void ColumnNormOp::add_moments(const BatchPart& part, NormPassage& passage) const {
  const int64_t first = part.first_sample * domains(), count = part.samples * domains();
  passage.merge = passage.channels / domains();
  passage.together = part.positions;
  for (int64_t cell = 0; cell < count; ++cell)
    passage.count.push_back(positions.data<double>()[part.first_sample + cell / domains()] *
                            static_cast<double>(passage.merge));
  passage.centre = numbers_of(mean, first, count);
  passage.m2 = numbers_of(m2, first, count);
  passage.slope = numbers_of(slope, first, count);
  passage.held_mean = numbers_of(held_mean, first, count);
  passage.held_m2 = numbers_of(held_m2, first, count);
  passage.past_mean = numbers_of(past_mean, 0, domains());
  passage.past_second = numbers_of(past_second, 0, domains());
  passage.updates = updates;
  passage.tabulate();
}

NormPassage ColumnNormOp::passage(const BatchPart& part, const double* wide_x,
                                  const double* wide_dy) const {
  const int64_t channels = x.shape().back(), rows = part.samples * part.positions;
  NormPassage made{.definition = &norm->definition(),
                   .rows = rows,
                   .channels = channels,
                   .together = streams ? part.positions : rows,
                   .entering = channels,
                   .mask = mask ? mask.data<uint8_t>() + part.first_row : nullptr,
                   .x = wide_x + part.first_row * channels,
                   .dy = wide_dy + part.first_row * channels,
                   .params = norm->split(part.split).param_values()};
  if (!given_centre) {
    add_moments(part, made);
    return made;
  }
  const int64_t stats = norm->definition().stats, cells = made.samples() * channels;
  made.merge = 1;
  made.centre = numbers_of(given_centre, part.split * channels, cells);
  made.stats = numbers_of(given_stats, part.split * stats * channels, cells * stats);
  if (streams) {
    made.along_one = numbers_of(steered, 0, cells);
    made.along_u = numbers_of(steered, cells, cells);
  }
  return made;
}

GradientParts ColumnNormOp::parts(const Tensor& dy, const Tensor& dx) const {
  const auto wide = [](const Tensor& from) { return from ? from.to(DType::kFloat64) : from; };
  const Tensor wide_x = wide(x), wide_dy = wide(dy), wide_shortcut = wide(shortcut),
               wide_y = wide(y);
  PartsTally tally(norm->type(), norm->definition(), x.shape(), projection());
  for (int64_t i = 0; i < cut.parts(); ++i) {
    const BatchPart part = cut.part(i);
    NormPassage made = passage(part, wide_x.data<double>(), wide_dy.data<double>());
    made.take_activation(activation, wide_shortcut, wide_y, wide_dy, part.first_row);
    if (!given_centre) made.flow_back(reduced_sums ? reduced_sums.to_vector() : made.sums());
    tally.add(made, part.first_row);
  }
  return tally.finish(dx);
}

}  // namespace norma
