#include "apps/classroom/kernel_watch.h"

#include <algorithm>

namespace norma::classroom {
namespace {

// Block kernels are plain functions: this is how they find who watches. Not thread-local, as the
// drivers may run them on their workers; those write elements of their own.
KernelWatch* watching = nullptr;

// Calls each(element, row, channel) for every element of a block, by its place in the input.
template <class Block, class Each>
void over_elements(const Block& block, const double* x, Each each) {
  for (int64_t row = 0; row < block.rows; ++row)
    for (int64_t channel = 0; channel < block.channels; ++channel)
      each(static_cast<size_t>(block.x - x + row * block.x_stride + channel), row, channel);
}

}  // namespace

class KernelWatch::WatchedNorm final : public Module {
 public:
  WatchedNorm(const Scope& scope, std::unique_ptr<Norm> norm, KernelWatch& watch)
      : Module(scope), norm_(std::move(norm)), watch_(watch) {}

 protected:
  Var forward(Context& ctx, const Var& x) override {
    watch_.begin(x.value);
    return (*norm_)(ctx, x);
  }

 private:
  std::unique_ptr<Norm> norm_;
  KernelWatch& watch_;
};

std::unique_ptr<Module> KernelWatch::watched(const Scope& scope, std::unique_ptr<Norm> norm) {
  own_ = norm->definition().double_kernels;
  per_row_ = norm->definition().domain.per_row();
  stats_ = norm->definition().stats;
  if (own_.forward) {
    watching = this;
    norm->replace_kernels([](kernels::NormBlockKernels<double>& kernels) {
      kernels.forward = &KernelWatch::forward;
      kernels.sums = &KernelWatch::sums;
      if (kernels.apply) kernels.apply = &KernelWatch::apply;
    });
  }
  return std::make_unique<WatchedNorm>(scope, std::move(norm), *this);
}

KernelWatch::~KernelWatch() {
  if (watching == this) watching = nullptr;
}

void KernelWatch::begin(const Tensor& x) {
  if (!own_.forward) return;
  x_ = x.data<double>();
  // Padding keeps these zeros.
  const std::vector<double> zeros(static_cast<size_t>(x.numel()));
  read_ = {zeros, std::vector<std::vector<double>>(static_cast<size_t>(stats_), zeros)};
  terms_ = {zeros, zeros, zeros};
  went_back_ = false;
}

void KernelWatch::forward(const kernels::NormForwardBlock<double>& block) {
  watching->own_.forward(block);
  watching->see_forward(block);
}

void KernelWatch::see_forward(const kernels::NormForwardBlock<double>& block) {
  const bool has_centre = block.centre_hi && stats_ > 0;
  over_elements(block, x_, [&](size_t element, int64_t row, int64_t channel) {
    const int64_t at = per_row_ ? row : channel;
    if (has_centre) read_.centre[element] = block.centre_hi[at];
    for (size_t k = 0; k < read_.stats.size(); ++k) read_.stats[k][element] = block.stats[k][at];
  });
}

void KernelWatch::sums(const kernels::NormSumsBlock<double>& block) {
  watching->own_.sums(block);
  KernelWatch& watch = *watching;
  if (watch.own_.apply) return;
  // Without statistics this pass makes all of dx.
  watch.went_back_ = true;
  over_elements(block, watch.x_, [&](size_t element, int64_t row, int64_t channel) {
    watch.terms_.direct[element] = block.dx[row * block.dx_stride + channel];
  });
}

void KernelWatch::apply(const kernels::NormApplyBlock<double>& block) {
  watching->see_apply(block);
  watching->own_.apply(block);
}

// Has the norm's own kernel compute each term alone: with nothing along 1 and u, then with a dy of
// zero.
void KernelWatch::see_apply(const kernels::NormApplyBlock<double>& block) {
  went_back_ = true;
  const auto count = static_cast<size_t>(block.rows * block.channels);
  const std::vector<double> nothing(count);
  std::vector<double> out(count);
  // Where the kernels keep the direct term in dx, they begin with what is there.
  const auto begin_with = [&](bool kept) {
    for (int64_t row = 0; row < block.rows; ++row)
      for (int64_t channel = 0; channel < block.channels; ++channel)
        out[static_cast<size_t>(row * block.channels + channel)] =
            kept ? block.dx[row * block.dx_stride + channel] : 0;
  };
  const auto taken = [&](std::vector<double>& term) {
    over_elements(block, x_, [&](size_t element, int64_t row, int64_t channel) {
      term[element] = out[static_cast<size_t>(row * block.channels + channel)];
    });
  };
  kernels::NormApplyBlock<double> alone = block;
  alone.dx = out.data();
  alone.dx_stride = block.channels;
  begin_with(own_.keeps_direct);
  alone.along_one = alone.along_u = nothing.data();
  own_.apply(alone);
  taken(terms_.direct);

  begin_with(false);
  alone.along_u = block.along_u;
  alone.dy = nothing.data();
  alone.dy_stride = block.channels;
  own_.apply(alone);
  taken(terms_.along_u);
  over_elements(block, x_, [&](size_t element, int64_t row, int64_t channel) {
    terms_.along_one[element] = block.along_one[per_row_ ? row : channel];
  });
}

}  // namespace norma::classroom
