#include "tests/apps/plain_transformer.h"

#include <algorithm>
#include <cmath>

namespace norma {
namespace {

void add(std::vector<double>& to, const std::vector<double>& from) {
  for (size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

double square_of(const std::vector<double>& x) {
  double sum = 0;
  for (const double each : x) sum += each * each;
  return sum / static_cast<double>(x.size());
}

}  // namespace

const double* PlainTransformer::values(const std::string& name) const {
  const Param* const param = params.find(name);
  return param ? param->value.data<double>() : nullptr;
}

// Rows [first, first + count) of the weight times x; a count of 0: all.
PlainTransformer::Row PlainTransformer::product(const std::string& layer, const Row& x,
                                                int64_t first, int64_t count) const {
  const auto in = static_cast<int64_t>(x.size());
  if (count == 0) count = params.find(layer + ".weight")->shape[0];
  const double *const weight = values(layer + ".weight"), *const bias = values(layer + ".bias");
  Row y(static_cast<size_t>(count));
  for (int64_t o = 0; o < count; ++o) {
    double sum = bias ? bias[first + o] : 0;
    for (int64_t i = 0; i < in; ++i)
      sum += weight[(first + o) * in + i] * x[static_cast<size_t>(i)];
    y[static_cast<size_t>(o)] = sum;
  }
  return y;
}

PlainTransformer::Row PlainTransformer::normed(const std::string& norm, const Row& x) const {
  double mean = 0, variance = 0;
  for (const double each : x) mean += each / static_cast<double>(x.size());
  for (const double each : x) variance += (each - mean) * (each - mean);
  variance /= static_cast<double>(x.size());
  const double *const gain = values(norm + ".weight"), *const bias = values(norm + ".bias");
  Row y(x.size());
  for (size_t i = 0; i < x.size(); ++i)
    y[i] = (x[i] - mean) / std::sqrt(variance + 1e-5) * gain[i] + bias[i];
  return y;
}

// Every position takes the mean of the values up to its own.
std::vector<PlainTransformer::Row> PlainTransformer::attended(const std::string& layer,
                                                              const std::vector<Row>& rows) const {
  const auto width = static_cast<int64_t>(rows[0].size());
  Row sum(rows[0].size());
  std::vector<Row> outputs;
  for (const Row& row : rows) {
    add(sum, product(layer + ".qkv", row, 2 * width, width));
    Row mean = sum;
    for (double& each : mean) each /= static_cast<double>(outputs.size() + 1);
    outputs.push_back(product(layer + ".out", mean, 0, 0));
  }
  return outputs;
}

PlainTransformer::Row PlainTransformer::fed(const std::string& layer, const Row& x) const {
  Row hidden = product(layer + ".up", x, 0, 0);
  for (double& each : hidden) each = std::max(each, 0.0);
  return product(layer + ".down", hidden, 0, 0);
}

void PlainTransformer::pass_block(const std::string& block, std::vector<Row>& rows,
                                  double& square) const {
  std::vector<Row> read = rows;
  if (!post)
    for (Row& row : read) row = normed(block + ".attn_norm", row);
  const std::vector<Row> branch = attended(block + ".attn", read);
  for (size_t t = 0; t < rows.size(); ++t) {
    add(rows[t], branch[t]);
    if (post) rows[t] = normed(block + ".attn_norm", rows[t]);
    add(rows[t], fed(block + ".ffn", post ? rows[t] : normed(block + ".ffn_norm", rows[t])));
    square += square_of(rows[t]);
    if (post) rows[t] = normed(block + ".ffn_norm", rows[t]);
  }
}

PlainTransformer::Outcome PlainTransformer::run(const Batch& batch) const {
  const int64_t samples = batch.input.shape()[0], time = batch.input.shape()[1];
  const int64_t width = params.find("tok_embed.weight")->shape[1];
  Outcome outcome{.squares = std::vector<double>(static_cast<size_t>(layers))};
  const double *const table = values("tok_embed.weight"), scale = *values("embed_scale");
  double targets = 0;
  for (int64_t n = 0; n < samples; ++n) {
    std::vector<Row> rows(static_cast<size_t>(time), Row(static_cast<size_t>(width)));
    for (int64_t t = 0; t < time; ++t)
      for (int64_t c = 0; c < width; ++c)
        rows[static_cast<size_t>(t)][static_cast<size_t>(c)] =
            scale * table[batch.input.data<int32_t>()[n * time + t] * width + c];
    for (int64_t l = 0; l < layers; ++l)
      pass_block("blocks." + std::to_string(l), rows, outcome.squares[static_cast<size_t>(l)]);
    for (int64_t t = 0; t < time; ++t) {
      const int32_t target = batch.target.data<int32_t>()[n * time + t];
      if (target == kIgnored) continue;
      const Row& end = rows[static_cast<size_t>(t)];
      const Row logits = product("head", post ? end : normed("final_norm", end), 0, 0);
      double sum = 0;
      for (const double logit : logits) sum += std::exp(logit);
      outcome.loss += std::log(sum) - logits[static_cast<size_t>(target)];
      ++targets;
    }
  }
  for (double& square : outcome.squares) square /= static_cast<double>(samples * time);
  outcome.loss /= targets;
  return outcome;
}

}  // namespace norma
