#include "apps/trainer/post_mortem.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/io/atomic_file.h"

namespace norma {
namespace {

struct Sighting {
  std::string path, op;
  double norm = 0;  // root mean square; not finite where the culprit is
};

// Follows a step until the first value that is not finite.
class FiniteGuard final : public TapeObserver {
 public:
  void on_forward(const std::string& path, const char* op, const Tensor& output) override {
    look(path, op, output, forward_, forward_found_);
  }
  void on_backward(const std::string& path, const char* op, const Tensor& grad) override {
    if (!forward_found_) look(path, op, grad, backward_, backward_found_);
  }

  std::string report() const {
    if (forward_found_) return told("output", forward_);
    if (backward_found_) return told("gradient", backward_);
    return "every output and every gradient of the replayed step is finite: the fault lies in the "
           "sum over micro-batches or in a parameter's gradient\n";
  }

 private:
  static void look(const std::string& path, const char* op, const Tensor& tensor,
                   std::vector<Sighting>& seen, bool& found) {
    if (found || tensor.dtype() == DType::kInt32 || tensor.dtype() == DType::kUInt8) return;
    double sum = 0;
    for (const double value : tensor.to_vector()) sum += value * value;
    const double rms = std::sqrt(sum / static_cast<double>(std::max<int64_t>(tensor.numel(), 1)));
    seen.push_back({path, op, rms});
    found = !std::isfinite(rms);
  }

  static std::string told(const char* what, const std::vector<Sighting>& seen) {
    constexpr size_t kShown = 12;
    char line[256];
    std::string text = std::string("first non-finite ") + what + ": " +
                       (seen.back().path.empty() ? "(model)" : seen.back().path) + " (" +
                       seen.back().op + ")\nroot mean squares of the " + what + "s before it:\n";
    const size_t from = seen.size() > kShown + 1 ? seen.size() - kShown - 1 : 0;
    for (size_t i = from; i + 1 < seen.size(); ++i) {
      std::snprintf(line, sizeof line, "  %-40s %-12s %.6g\n", seen[i].path.c_str(),
                    seen[i].op.c_str(), seen[i].norm);
      text += line;
    }
    return text;
  }

  std::vector<Sighting> forward_, backward_;
  bool forward_found_ = false, backward_found_ = false;
};

}  // namespace

std::string write_post_mortem(Training& training, const StepReport& report,
                              const std::filesystem::path& run, const std::string& resolved) {
  FiniteGuard guard;
  training.rehearse(&guard, training.config().train.accumulate);
  const std::filesystem::path folder = run / "post_mortem";
  std::filesystem::create_directories(folder);
  char head[256];
  std::snprintf(head, sizeof head, "step %lld: loss %g, gradient norm %g, learning rate %g\n",
                static_cast<long long>(report.step), report.loss, report.grad_norm, report.lr);
  const std::string text = head + guard.report();
  io::write_atomically(folder / "report.txt", text);
  io::write_atomically(folder / "config.json", resolved);
  io::CheckpointContent content = training.snapshot();
  Json state = Json::parse(content.state_json);
  state["best_loss"] = nullptr;
  state["evaluations_without_gain"] = 0;
  state["metrics_bytes"] = 0;
  content.state_json = state.dump();
  io::CheckpointFolder(folder / "checkpoints", 1).save(content);
  io::write_atomically(folder / "metrics.jsonl", "");
  return "the training stopped: numbers are no longer finite\n" + text +
         "to replay this step: train --resume " + folder.string();
}

}  // namespace norma
