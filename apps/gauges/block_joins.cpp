#include "apps/gauges/block_joins.h"

#include <algorithm>
#include <cctype>

#include "core/kernels/tensor_summary.h"

namespace norma {

std::string_view block_of(std::string_view path) {
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  for (std::string_view block = path;;) {
    const size_t dot = block.rfind('.');
    const std::string_view last = dot == block.npos ? block : block.substr(dot + 1);
    if (!last.empty() && std::ranges::all_of(last, is_digit)) return block;
    if (dot == block.npos) return path;
    block = block.substr(0, dot);
  }
}

void BlockJoins::on_join(const std::string& path, const Join& join) {
  Joint& joint = seen_at(joints_, path);
  joint.sum += measure(join);
  ++joint.count;
}

std::vector<double> BlockJoins::values() const {
  if (joints_.empty()) throw Error("no branch joins a stream in this model");
  std::vector<double> values;
  for (size_t i = 0; i < joints_.size(); ++i)
    if (i + 1 == joints_.size() || block_of(joints_[i].path) != block_of(joints_[i + 1].path))
      values.push_back(joints_[i].sum / static_cast<double>(joints_[i].count));
  return values;
}

double mean_square(const Tensor& x) {
  double sum = 0;
  with_float_type(x.dtype(), [&]<class T>() {
    const T* const values = x.data<T>();
    for (int64_t i = 0; i < x.numel(); ++i)
      sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  });
  return sum / static_cast<double>(x.numel());
}

double channel_variance(const Tensor& x) {
  const int64_t channels = x.shape().back();
  const size_t each = static_cast<size_t>(channels);
  std::vector<double> mean(each), m2(each);
  std::vector<uint8_t> alive(each);
  with_float_type(x.dtype(), [&]<class T>() {
    kernels::channel_moments(x.data<T>(), x.rows(), channels, mean.data(), m2.data(), alive.data());
  });
  double squares = 0;
  for (const double each_m2 : m2) squares += each_m2;
  return squares / static_cast<double>(x.numel());
}

}  // namespace norma
