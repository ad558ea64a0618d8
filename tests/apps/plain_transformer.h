#pragma once

#include <string>
#include <vector>

#include "core/param.h"
#include "data/dataset.h"

namespace norma {

// A transformer with uniform causal attention and ReLU, computed row by row in plain loops from the
// float64 parameters of a gpt: what tests hold measurements of the real one against. Pre- or
// post-norm, layer norms, one token embedding scaled by `embed_scale`, no positions.
struct PlainTransformer {
  ParamSet& params;
  int64_t layers;
  bool post;

  struct Outcome {
    std::vector<double> squares;  // of each block, as the gauge stream_square says
    double loss = 0;              // the mean over targets
  };
  Outcome run(const Batch& batch) const;

 private:
  using Row = std::vector<double>;
  const double* values(const std::string& name) const;  // null: no such parameter
  Row product(const std::string& layer, const Row& x, int64_t first, int64_t count) const;
  Row normed(const std::string& norm, const Row& x) const;
  std::vector<Row> attended(const std::string& layer, const std::vector<Row>& rows) const;
  Row fed(const std::string& layer, const Row& x) const;
  void pass_block(const std::string& block, std::vector<Row>& rows, double& square) const;
};

}  // namespace norma
