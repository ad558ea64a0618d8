#include "apps/trainer/summary.h"

#include <cstdio>
#include <map>
#include <vector>

#include "core/pool.h"

namespace norma {
namespace {

// Remembers the last output of every module.
class ShapeObserver final : public TapeObserver {
 public:
  void on_forward(const std::string& path, const char*, const Tensor& output) override {
    shapes_[path] = output.shape().str();
  }
  const std::map<std::string, std::string>& shapes() const { return shapes_; }

 private:
  std::map<std::string, std::string> shapes_;
};

// A module in the tree of dotted paths.
struct Branch {
  int64_t parameters = 0;
  std::string shape;
  std::vector<std::pair<std::string, Branch>> children;  // in the order of construction

  Branch& child(const std::string& name) {
    for (auto& [known, branch] : children)
      if (known == name) return branch;
    return children.emplace_back(name, Branch{}).second;
  }
};

// Calls visit(branch) for the root and every module on the way to `path`, making them as needed.
template <class Visit>
void walk(Branch& root, const std::string& path, Visit visit) {
  Branch* at = &root;
  visit(*at);
  for (size_t begin = 0; begin < path.size();) {
    const size_t dot = std::min(path.find('.', begin), path.size());
    at = &at->child(path.substr(begin, dot - begin));
    visit(*at);
    begin = dot + 1;
  }
}

std::string with_commas(int64_t number) {
  std::string digits = std::to_string(number);
  for (int64_t place = static_cast<int64_t>(digits.size()) - 3; place > 0; place -= 3)
    digits.insert(static_cast<size_t>(place), ",");
  return digits;
}

// The number of columns a UTF-8 text takes.
size_t columns(const std::string& text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

void print(const Branch& branch, const std::string& name, const std::string& indent,
           const std::string& tail, std::string& text) {
  std::string line = indent + name;
  line.resize(line.size() + (columns(line) < 34 ? 34 - columns(line) : 1), ' ');
  line += branch.shape;
  line.resize(line.size() + (columns(line) < 58 ? 58 - columns(line) : 1), ' ');
  const std::string count = branch.parameters > 0 ? with_commas(branch.parameters) : "";
  line.resize(line.size() + (count.size() < 14 ? 14 - count.size() : 0), ' ');
  text += line + count + "\n";
  for (size_t i = 0; i < branch.children.size(); ++i) {
    const bool last = i + 1 == branch.children.size();
    print(branch.children[i].second, branch.children[i].first, tail + (last ? "└─ " : "├─ "),
          tail + (last ? "   " : "│  "), text);
  }
}

std::string megabytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", bytes / 1e6);
  return text;
}

}  // namespace

std::string training_summary(Training& training) {
  ShapeObserver observer;
  const PoolStatistics before = pool_statistics();
  const double flops = training.rehearse(observer);
  const PoolStatistics after = pool_statistics();

  Branch root;
  ParamSet& params = training.params();
  for (const Param& param : params.params()) {
    const size_t dot = param.name.rfind('.');
    walk(root, dot == std::string::npos ? "" : param.name.substr(0, dot),
         [&](Branch& branch) { branch.parameters += param.numel(); });
  }
  for (const auto& [path, shape] : observer.shapes()) {
    Branch* reached = nullptr;
    walk(root, path, [&](Branch& branch) { reached = &branch; });
    reached->shape = shape;
  }

  const TrainOptions& train = training.config().train;
  std::string text = "module                            output                      parameters\n";
  print(root, training.config().model.type, "", "", text);
  const double slab = static_cast<double>(params.values().bytes());
  const size_t slots = training.snapshot().tensors.at("optimizer").size() /
                       std::max<size_t>(params.params().size(), 1);
  const double activations =
      static_cast<double>(after.peak_in_use) - static_cast<double>(before.bytes_in_use);
  const double step_flops = 3 * flops * static_cast<double>(train.accumulate);
  char line[256];
  std::snprintf(line, sizeof line, "\nparameters        %s\n", with_commas(params.numel()).c_str());
  text += line;
  std::snprintf(line, sizeof line,
                "a step            %lld samples, %.3g floating-point operations\n",
                static_cast<long long>(train.batch), step_flops);
  text += line;
  std::snprintf(line, sizeof line, "the training      %lld steps, %.3g floating-point operations\n",
                static_cast<long long>(train.steps), step_flops * static_cast<double>(train.steps));
  text += line;
  text += "memory            " + megabytes(slab) + " parameters, " + megabytes(slab) +
          " gradients, " + megabytes(slab * static_cast<double>(slots)) + " optimizer, " +
          megabytes(activations) + " activations\n";
  return text;
}

}  // namespace norma
