#include "apps/trainer/summary.h"

#include <algorithm>
#include <map>
#include <vector>

#include "apps/common/human.h"
#include "apps/common/terminal.h"
#include "core/pool.h"

namespace norma {
namespace {

// Remembers the last output of every module, and for the root that of the model.
class ShapeObserver final : public TapeObserver {
 public:
  void on_forward(const std::string& path, const char*, const Tensor& output) override {
    shapes_[path] = output.shape().str();
    if (path != Training::kLossPath) shapes_[""] = output.shape().str();
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

constexpr int kShapeColumn = 34, kCountColumn = 58, kWidth = 72;

void print(const Branch& branch, const std::string& name, const std::string& indent,
           const std::string& tail, std::string& text) {
  std::string line = padded(indent + name + " ", kShapeColumn) + branch.shape;
  if (branch.parameters > 0) {
    const std::string count = grouped(branch.parameters);
    line = padded(line + " ", std::max(kCountColumn, kWidth - columns_of(count))) + count;
  }
  text += line + "\n";
  for (size_t i = 0; i < branch.children.size(); ++i) {
    const bool last = i + 1 == branch.children.size();
    print(branch.children[i].second, branch.children[i].first, tail + (last ? "└─ " : "├─ "),
          tail + (last ? "   " : "│  "), text);
  }
}

std::string fact(const char* name, const std::string& value) {
  return padded(name, 18) + value + "\n";
}

}  // namespace

std::string training_summary(Training& training) {
  ShapeObserver observer;
  const PoolStatistics before = pool_statistics();
  // As steps do it, and only then observed, for which operations hold more. Twice, as a first
  // backward meets layers that have not copied their weights yet, and every later one finds the
  // copies beside its activations. So far the pool has handed out all that a training ever asks
  // for.
  training.rehearse(nullptr);
  training.rehearse(nullptr);
  const PoolStatistics after = pool_statistics();
  const double flops = training.rehearse(&observer);

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
  std::string text =
      padded(padded("module", kShapeColumn) + "output", kWidth - 10) + "parameters\n";
  print(root, training.config().model.type, "", "", text);
  const double slab = static_cast<double>(params.values().bytes());
  const double slots = static_cast<double>(training.snapshot().tensors.at("optimizer").size() /
                                           std::max<size_t>(params.params().size(), 1));
  const double activations =
      static_cast<double>(after.peak_in_use) - static_cast<double>(before.bytes_in_use);
  const double step_flops = 3 * flops * static_cast<double>(train.accumulate);
  const auto operations = [](double count) {
    return human_count(count) + " floating-point operations";
  };
  text += "\n" + fact("parameters", grouped(params.numel()));
  text += fact("a step", grouped(train.batch) + " samples, " + operations(step_flops));
  text += fact("the training", grouped(train.steps) + " steps, " +
                                   operations(step_flops * static_cast<double>(train.steps)));
  text += fact("memory", human_bytes(slab) + " parameters, " + human_bytes(slab) + " gradients, " +
                             human_bytes(slab * slots) + " optimizer, " + human_bytes(activations) +
                             " activations");
  text += fact("peak memory", human_bytes(static_cast<double>(after.peak_in_use)) +
                                  ", the data and the program itself not counted");
  return text;
}

}  // namespace norma
