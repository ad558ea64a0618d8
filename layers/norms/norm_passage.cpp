#include "layers/norms/norm_passage.h"

#include <algorithm>
#include <functional>

namespace norma {
namespace {

using Numbers = std::vector<double>;

constexpr int64_t kMostRows = 32;  // of a block, so that it stays in cache

const double* part_of(const Numbers& all, int64_t first) {
  return all.empty() ? nullptr : all.data() + first;
}

}  // namespace

// Calls body(sample, row, block) for blocks of valid rows that share their stats, at most so many.
template <class Body>
void NormPassage::over_blocks(const std::vector<Tensor>& params, int64_t most, Body body) const {
  const int64_t width = this->width();
  const int stat_count = definition->stats;
  Numbers hi(static_cast<size_t>(width)), lo(hi.size()),
      stat(static_cast<size_t>(stat_count) * hi.size());
  const auto spread = [&](const double* from, double* to) {
    for (int64_t i = 0; i < width; ++i) to[i] = from[i / merge];
  };
  kernels::NormBlock<double> block;
  block.context = definition->double_kernels.context;
  block.channels = block.x_stride = channels;
  block.centre_hi = hi.data();
  block.centre_lo = lo.data();
  for (int k = 0; k < stat_count; ++k) block.stats[k] = stat.data() + k * width;
  for (size_t j = 0; j < params.size(); ++j) block.params[j] = params[j].data<double>();
  for (int64_t sample = 0; sample < samples(); ++sample) {
    if (!centre.empty()) spread(centre.data() + sample * runs(), hi.data());
    for (int k = 0; k < stat_count; ++k)
      spread(stats.data() + (sample * stat_count + k) * runs(), stat.data() + k * width);
    const int64_t end = std::min(rows, (sample + 1) * together);
    for (int64_t row = sample * together; row < end; row += std::max<int64_t>(1, block.rows)) {
      block.rows = 0;
      while (block.rows < most && row + block.rows < end && valid(row + block.rows)) ++block.rows;
      if (block.rows == 0) continue;
      block.x = x + row * channels;
      body(sample, row, static_cast<const kernels::NormBlock<double>&>(block));
    }
  }
}

kernels::NormCells NormPassage::cells_of(int64_t sample) const {
  const int64_t first = sample * runs();
  kernels::NormCells all{runs(), count.data() + first, centre.data() + first, m2.data() + first};
  all.past_mean = part_of(past_mean, 0);
  all.past_second = part_of(past_second, 0);
  all.updates = updates;
  all.held_mean = part_of(held_mean, first);
  all.held_m2 = part_of(held_m2, first);
  return all;
}

void NormPassage::tabulate() {
  stats.resize(static_cast<size_t>(cells() * definition->stats));
  for (int64_t sample = 0; sample < samples(); ++sample)
    definition->table->forward(cells_of(sample),
                               stats.data() + sample * definition->stats * runs());
}

// One block through the first pass back. Scratch is left with its sums: stats and u, `width()`
// numbers each, then what the parameters get.
void NormPassage::run_sums(const kernels::NormBlock<double>& block, const double* dy, double* dx,
                           std::vector<double>& scratch) const {
  const int64_t width = this->width();
  const int64_t own = (definition->stats + 1) * width;
  scratch.assign(static_cast<size_t>(own + kernels::kMaxNormParams * channels), 0.0);
  kernels::NormSumsBlock<double> sums;
  static_cast<kernels::NormBlock<double>&>(sums) = block;
  sums.dy = dy;
  sums.dy_stride = sums.dx_stride = channels;
  sums.dx = dx;
  for (int k = 0; k < definition->stats; ++k) sums.dstats[k] = scratch.data() + k * width;
  sums.dcentre = scratch.data() + definition->stats * width;
  for (int j = 0; j < kernels::kMaxNormParams; ++j)
    sums.dparams[j] = scratch.data() + own + j * channels;
  definition->double_kernels.sums(sums);
}

std::vector<double> NormPassage::sums() const {
  const int64_t numbers = definition->stats + 1, width = this->width();
  Numbers all(static_cast<size_t>(cells() * numbers)), scratch,
      dx(static_cast<size_t>(kMostRows * channels));
  over_blocks(params, kMostRows,
              [&](int64_t sample, int64_t row, const kernels::NormBlock<double>& block) {
                run_sums(block, dy + row * channels, dx.data(), scratch);
                for (int64_t k = 0; k < numbers; ++k)
                  for (int64_t i = 0; i < width; ++i)
                    all[static_cast<size_t>((sample * numbers + k) * runs() + i / merge)] +=
                        scratch[static_cast<size_t>(k * width + i)];
              });
  return all;
}

void NormPassage::flow_back(const std::vector<double>& sums) {
  const int64_t numbers = definition->stats + 1;
  along_one.assign(static_cast<size_t>(cells()), 0.0);
  along_u = along_one;
  Numbers dmean(static_cast<size_t>(runs())), dm2(dmean.size());
  const bool own_deviation = definition->double_kernels.deviation;
  for (int64_t sample = 0; sample < samples(); ++sample) {
    const double* const here = sums.data() + sample * numbers * runs();
    definition->table->backward(cells_of(sample), here, dmean.data(), dm2.data());
    for (int64_t run = 0; run < runs(); ++run) {
      const auto cell = static_cast<size_t>(sample * runs() + run), r = static_cast<size_t>(run);
      if (count[cell] == 0) continue;
      const double dcentre = here[definition->stats * runs() + run];
      const double by_deviation = own_deviation ? dm2[r] * slope[cell] : 0;
      if (definition->centred) along_one[cell] = (dmean[r] - dcentre - by_deviation) / count[cell];
      along_u[cell] = own_deviation ? dm2[r] : 2 * dm2[r];
    }
  }
}

NormPassage::Slopes NormPassage::slopes_of_stat(int stat) const {
  Slopes made{Numbers(static_cast<size_t>(cells())), Numbers(static_cast<size_t>(cells()))};
  Numbers seed(static_cast<size_t>(definition->stats * runs()), 0.0);
  std::fill_n(seed.begin() + stat * runs(), runs(), 1.0);
  for (int64_t sample = 0; sample < samples(); ++sample)
    definition->table->backward(cells_of(sample), seed.data(),
                                made.by_mean.data() + sample * runs(),
                                made.by_m2.data() + sample * runs());
  return made;
}

void NormPassage::pass(const double* dy, const std::vector<Tensor>& params, double* out) const {
  std::fill_n(out, rows * channels, 0.0);
  const kernels::NormBlockKernels<double>& run = definition->double_kernels;
  const Numbers nothing(static_cast<size_t>(width()), 0.0);
  Numbers scratch;
  over_blocks(params, kMostRows,
              [&](int64_t, int64_t row, const kernels::NormBlock<double>& block) {
                const int64_t first = row * channels;
                if (!run.apply || run.keeps_direct)
                  return run_sums(block, dy + first, out + first, scratch);
                kernels::NormApplyBlock<double> apply;
                static_cast<kernels::NormBlock<double>&>(apply) = block;
                apply.dy = dy + first;
                apply.dx = out + first;
                apply.dy_stride = apply.dx_stride = channels;
                apply.along_one = apply.along_u = nothing.data();
                run.apply(apply);
              });
}

void NormPassage::removed(double* one, double* u) const {
  std::fill_n(one, rows * channels, 0.0);
  std::fill_n(u, rows * channels, 0.0);
  if (along_one.empty()) return;
  const bool own_deviation = definition->double_kernels.deviation;
  if (own_deviation) deviation_slopes(u);
  over_elements([&](size_t i, size_t c, size_t cell) {
    if (static_cast<int64_t>(c) >= entering) return;
    one[i] = along_one[cell];
    u[i] = along_u[cell] * (own_deviation ? u[i] : this->u(i, cell));
  });
}

// φ′(u) of every element.
void NormPassage::deviation_slopes(double* slopes) const {
  Numbers sizes(static_cast<size_t>(channels));
  over_blocks(params, 1, [&](int64_t, int64_t row, const kernels::NormBlock<double>& block) {
    kernels::NormDeviationBlock<double> of;
    static_cast<kernels::NormBlock<double>&>(of) = block;
    of.deviation = sizes.data();
    of.slope = slopes + row * channels;
    definition->double_kernels.deviation(of);
  });
}

void NormPassage::take_activation(Activation activation, const Tensor& shortcut, const Tensor& y,
                                  const Tensor& dy, int64_t first_row) const {
  if (activation == Activation::kIdentity) return;
  const int64_t offset = first_row * channels;
  const auto numbers = [](const Tensor& from) { return from ? from.data<double>() : nullptr; };
  const double *const wide_shortcut = numbers(shortcut), *const wide_y = numbers(y);
  Numbers known(static_cast<size_t>(kMostRows * channels));
  over_blocks(params, kMostRows,
              [&](int64_t, int64_t row, const kernels::NormBlock<double>& block) {
                const int64_t first = offset + row * channels, count = block.rows * channels;
                if (y) {
                  std::copy_n(wide_y + first, count, known.begin());
                } else {
                  kernels::NormForwardBlock<double> forward;
                  static_cast<kernels::NormBlock<double>&>(forward) = block;
                  forward.y = known.data();
                  forward.y_stride = channels;
                  definition->double_kernels.forward(forward);
                  if (shortcut)
                    std::transform(known.begin(), known.begin() + count, wide_shortcut + first,
                                   known.begin(), std::plus<>());
                }
                double* const here = dy.data<double>() + first;
                kernels::activation_backward(activation, here, here, known.data(), count);
              });
}

}  // namespace norma
