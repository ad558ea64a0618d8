// layer: one layer, forward and backward, on tensors from a file; and what layers there are.
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/common/program.h"
#include "apps/layer/catalogue.h"
#include "apps/layer/explain.h"
#include "apps/layer/numerics/moments_lab.h"
#include "apps/layer/numerics/norm_lab.h"
#include "apps/layer/parts.h"
#include "apps/layer/tensor_files.h"
#include "core/config/config.h"
#include "core/io/atomic_file.h"
#include "core/parallel.h"
#include "layers/layer_run.h"

namespace norma::layer_command {
namespace {

constexpr About kAbout{
    "layer",
    "Runs one layer, forward and backward, on the tensors of a safetensors file, laid out as in "
    "PyTorch. "
    "IN holds `input`, and where wanted `grad_output`, `mask`, `cond`, `segmentation`, `target`, "
    "`param.<name>` "
    "and "
    "`buffer.<name>`; OUT receives `output`, `grad_input`, `grad_param.<name>` and "
    "`buffer.<name>`.",
    "  layer spec.json --in in.safetensors --out out.safetensors --dtype float64\n"
    "  layer '{\"type\": \"rms_norm\"}' --in in.safetensors --out out.safetensors\n"
    "  layer '{\"type\": \"layer_norm\"}' --in in.safetensors --out out.safetensors --parts\n"
    "  layer --list\n"
    "  layer --explain group_norm\n"
    "  layer --numerics --html numerics.html\n"
    "  layer --numerics layer_norm\n"};

DType dtype_named(const std::string& name) {
  return name == "float64"    ? DType::kFloat64
         : name == "bfloat16" ? DType::kBFloat16
                              : DType::kFloat32;
}

// The spec is a file, the JSON itself, or the name of a type.
Spec spec_of(const std::string& argument) {
  const bool is_text = argument.starts_with('{') || argument.starts_with('"');
  const bool is_file = !is_text && (argument.find_first_of("./") != std::string::npos ||
                                    std::filesystem::exists(argument));
  const Json json = is_text   ? parse_json(argument, "the spec")
                    : is_file ? load_json(argument)
                              : Json(argument);
  return make_spec(json, layer_registry(), is_file ? argument : "the spec");
}

// The numerics lab: of the ways to sum a mean and a variance or, with a spec, of that layer.
void show_numerics(const std::string& spec, const std::string& html, bool json, bool quiet) {
  const numerics::Lab lab =
      spec.empty() ? numerics::moments_lab() : numerics::norm_lab(spec_of(spec));
  if (!html.empty()) io::write_atomically(html, numerics::as_html(lab));
  if (json)
    std::cout << format_json(numerics::as_json(lab)) << "\n";
  else if (!quiet)
    std::cout << numerics::as_text(lab);
}

int run(CommandLine& line) {
  std::string spec, in, out, mode = "train", dtype = "float32", explain, html;
  int64_t repeat = 1;
  int threads = 0;
  bool list = false, json = false, parts = false, numerics = false;
  CLI::App& app = line.app();
  app.add_option("spec", spec, "Layer as in a model config: a JSON file, the JSON text, or a type");
  app.add_option("-i,--in", in, "Safetensors file with the inputs");
  app.add_option("-o,--out", out, "Safetensors file to write");
  app.add_option("--mode", mode, "Batch statistics and dropout, or their eval form")
      ->check(CLI::IsMember({"train", "eval"}));
  app.add_option("--dtype", dtype, "Type to compute in")
      ->check(CLI::IsMember({"float32", "float64", "bfloat16"}));
  app.add_option("--repeat", repeat, "Forwards in a row before the backward")
      ->check(CLI::PositiveNumber);
  app.add_option("-j,--threads", threads, "Worker threads; all cores if left out")
      ->check(CLI::PositiveNumber);
  app.add_flag("--parts", parts,
               "Show what its norms do to the gradient, stage by stage; OUT receives the terms of "
               "dx too: part.direct, part.along_one, part.along_u");
  app.add_flag("--list", list, "List every layer, norm, placement, re-parametrization and loss");
  app.add_flag("--json", json, "With --list, --explain or --numerics: as JSON");
  app.add_option("--explain", explain,
                 "Say what a type computes, its options, and properties measured now");
  app.add_flag("--numerics", numerics,
               "Measure how sums lose digits on hard inputs; with a spec, how that layer does in "
               "float32");
  app.add_option("--html", html, "With --numerics: write a page with charts, too")
      ->needs("--numerics");
  line.parse();
  if (threads > 0) set_thread_count(threads);
  if (list) {
    std::cout << (json ? catalogue_json() : catalogue_text());
    return 0;
  }
  if (!explain.empty()) {
    std::cout << (json ? explanation_json(explain) : explanation_text(explain));
    return 0;
  }
  if (numerics) {
    show_numerics(spec, html, json, line.quiet());
    return 0;
  }
  if (spec.empty() || in.empty() || out.empty())
    throw Error("a spec, --in and --out are needed; layer --help shows examples");
  const NamedTensors given = read_tensors(in);
  if (parts && !given.contains("grad_output"))
    throw Error("--parts shows a backward; " + in + " has no tensor called 'grad_output'");
  PartsRecord record;
  NamedTensors results = run_layer(spec_of(spec), given,
                                   {.dtype = dtype_named(dtype),
                                    .training = mode == "train",
                                    .repeat = repeat,
                                    .observer = parts ? &record : nullptr});
  if (parts) {
    record.add_terms(results, given.at("input").shape().rank() == 4);
    std::cout << record.text();
  }
  write_tensors(out, results);
  return 0;
}

const RegisterProgram registered(kAbout, run);

}  // namespace
}  // namespace norma::layer_command
