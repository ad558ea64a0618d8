#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/gauges/gauge.h"
#include "layers/residual/joins.h"

namespace norma {

// The block that a module belongs to: its path up to the last number. blocks.3 for blocks.3.ffn; a
// path without a number is a block of its own.
std::string_view block_of(std::string_view path);

// One number a block, measured where its last branch joins the stream (of a transformer's block,
// the feed-forward), as a mean over batches.
class BlockJoins : public Gauge, public JoinObserver {
 public:
  TapeObserver* observer() final { return this; }
  void on_join(const std::string& path, const Join& join) final;
  std::vector<double> values() const final;

 protected:
  virtual double measure(const Join& join) const = 0;

 private:
  struct Joint {
    std::string path;
    double sum = 0;
    int64_t count = 0;
  };
  std::vector<Joint> joints_;  // in the order of the forward
};

// The mean of the squares of all elements.
double mean_square(const Tensor& x);
// The variance of each channel over samples and positions of (B,…,C), averaged over the channels.
double channel_variance(const Tensor& x);

}  // namespace norma
