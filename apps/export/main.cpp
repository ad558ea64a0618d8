// export: a trained model as files for use, its norms folded where asked for.
#include <CLI/CLI.hpp>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/common/program.h"
#include "apps/trainer/run_folder.h"
#include "apps/trainer/training.h"
#include "core/config/json.h"
#include "core/io/atomic_file.h"
#include "core/io/safetensors.h"
#include "data/data_registry.h"
#include "data/loader.h"
#include "models/fold/fold.h"

namespace norma::export_command {
namespace {

namespace fs = std::filesystem;

constexpr About kAbout{
    "export",
    "Writes the weights of a run (the averaged ones where there is an average) and the config of "
    "their model to a folder that sample and export read. With --fold, norms and re-parametrized "
    "weights are folded into their neighbours, and how far that moved the outputs on held-out data "
    "is printed.",
    "  export runs/demo --out exported\n"
    "  export runs/resnet --out folded --fold\n"};

std::map<std::string, Tensor> read_state(const fs::path& path) {
  const io::SafetensorsFile file = io::SafetensorsFile::open(path);
  std::map<std::string, Tensor> state;
  for (const std::string& name : file.names()) {
    const io::TensorView& view = file.at(name);
    const Tensor tensor = Tensor::empty(Shape{std::span<const int64_t>(view.shape)}, view.dtype);
    std::memcpy(tensor.raw(), view.data, view.bytes);
    state[name] = tensor;
  }
  return state;
}

void write_state(const fs::path& path, const std::map<std::string, Tensor>& state, DType dtype) {
  std::vector<Tensor> held;
  std::vector<io::TensorView> views;
  for (const auto& [name, tensor] : state) {
    const bool whole = tensor.dtype() == DType::kInt32 || tensor.dtype() == DType::kUInt8;
    held.push_back(whole ? tensor : tensor.to(dtype));
    const Tensor& last = held.back();
    views.push_back({name, last.dtype(), last.shape().vec(), last.raw(), last.bytes()});
  }
  io::write_safetensors(path, views);
}

void report(const FoldStep& step) {
  char line[160];
  std::snprintf(line, sizeof line, "%s: %lld of %lld", step.what.c_str(),
                static_cast<long long>(step.modules),
                static_cast<long long>(step.modules + static_cast<int64_t>(step.left.size())));
  std::cout << line;
  if (step.modules > 0) {
    std::snprintf(line, sizeof line, "; largest change of an output %.1e of the largest output",
                  step.deviation);
    std::cout << line;
  }
  std::cout << "\n";
  for (const std::string& left : step.left) std::cout << "  left " << left << "\n";
}

// Outputs are compared on as many held-out samples as this, or on all there are.
constexpr int64_t kSamples = 8;

TrainedModel folded(const RunConfig& config, std::map<std::string, Tensor> state) {
  const std::unique_ptr<Dataset> data =
      load_dataset(config.data, {.context = integer_option(config.model, "context").value_or(0)});
  const DType dtype = config.train.dtype();
  const Loader loader(*data, static_cast<uint64_t>(config.train.seed), dtype);
  Batch batch;
  if (const int64_t held_out = data->size(Split::kValidation); held_out > 0)
    loader.evaluation(Split::kValidation, 0, std::min(kSamples, held_out), batch);
  else
    loader.training(0, kSamples, batch);
  Folded result = fold({config.model, std::move(state)}, input_for(data->info()),
                       {batch.input, batch.mask, batch.target}, dtype);
  for (const FoldStep& step : result.steps) report(step);
  if (result.steps.empty()) std::cout << "there is nothing to fold in this model\n";
  return std::move(result.model);
}

int run(CommandLine& line) {
  std::string folder, out;
  bool fold = false;
  CLI::App& app = line.app();
  app.add_option("run", folder, "Run folder")->required();
  app.add_option("-o,--out", out, "Folder to write; made where missing")->required();
  app.add_flag("--fold", fold, "Fold norms and re-parametrized weights into their neighbours");
  line.parse();

  const fs::path root(folder), target(out);
  const RunConfig config = config_of(root);
  if (fs::exists(target / "model.safetensors"))
    throw Error(out + " already holds a model; choose another folder");
  TrainedModel model{config.model, read_state(weights_of(root))};
  if (fold) model = folded(config, std::move(model.state));

  Json resolved = load_json((root / "config.json").string());
  resolved["model"] = *model.spec.options;
  fs::create_directories(target);
  io::write_atomically(target / "config.json", format_json(resolved) + "\n");
  if (fs::exists(root / "tokenizer.json"))
    fs::copy_file(root / "tokenizer.json", target / "tokenizer.json",
                  fs::copy_options::overwrite_existing);
  write_state(target / "model.safetensors", model.state, config.train.dtype());
  int64_t numbers = 0;
  for (const auto& [name, tensor] : model.state) numbers += tensor.numel();
  std::cout << "wrote " << (target / "model.safetensors").string() << ": " << model.state.size()
            << " tensors, " << numbers << " numbers\n";
  return 0;
}

const RegisterProgram registered(kAbout, run);

}  // namespace
}  // namespace norma::export_command
