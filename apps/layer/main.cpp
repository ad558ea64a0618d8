// layer: one layer, forward and backward, on tensors from a file; and what layers there are.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/common/program.h"
#include "apps/layer/catalogue.h"
#include "apps/layer/explain.h"
#include "apps/layer/numbers/shown_norm.h"
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
    "  layer layer_norm rms_norm --numbers '3 1 4 1 5 9 2 6'\n"
    "  layer batch_norm --numbers '1 2 3 5' --shape 4,1,1 --gradient '1 0 0 0' --html "
    "numbers.html\n"
    "  layer --numerics --html numerics.html\n"
    "  layer --numerics layer_norm\n"};

DType dtype_named(const std::string& name) {
  return name == "float64"    ? DType::kFloat64
         : name == "bfloat16" ? DType::kBFloat16
                              : DType::kFloat32;
}

// The spec is a file, the JSON itself, or the name of a type.
Spec spec_of(const std::string& argument, const RegistryBase& registry = layer_registry()) {
  const bool is_text = argument.starts_with('{') || argument.starts_with('"');
  const bool is_file = !is_text && (argument.find_first_of("./") != std::string::npos ||
                                    std::filesystem::exists(argument));
  const Json json = is_text   ? parse_json(argument, "the spec")
                    : is_file ? load_json(argument)
                              : Json(argument);
  return make_spec(json, registry, is_file ? argument : "the spec");
}

// Into a folder that may still have to be made: runs/lesson-01/numbers.html.
void write_page(const std::filesystem::path& file, const std::string& page) {
  std::error_code refused;  // then the writing says so
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), refused);
  io::write_atomically(file, page);
}

// The numerics lab: of the ways to sum a mean and a variance or, with a spec, of that layer.
void show_numerics(const std::string& spec, const std::string& html, bool json, bool quiet) {
  const numerics::Lab lab =
      spec.empty() ? numerics::moments_lab() : numerics::norm_lab(spec_of(spec));
  if (!html.empty()) write_page(html, numerics::as_html(lab));
  if (json)
    std::cout << format_json(numerics::as_json(lab)) << "\n";
  else if (!quiet)
    std::cout << numerics::as_text(lab);
}

// Norms on numbers that were typed.
void show_numbers(const std::vector<std::string>& specs, const numbers::TypedText& text,
                  const std::string& html, bool json, bool quiet) {
  if (specs.empty()) throw Error("--numbers needs a norm: layer layer_norm --numbers '3 1 4'");
  const numbers::Typed typed = numbers::read_typed(text);
  std::vector<numbers::ShownNorm> norms;
  for (const std::string& spec : specs)
    norms.push_back(numbers::show_norm(spec_of(spec, norm_registry()), typed));
  if (!html.empty()) write_page(html, numbers::as_html(typed, norms));
  if (json)
    std::cout << format_json(numbers::as_json(typed, norms)) << "\n";
  else if (!quiet)
    std::cout << numbers::as_text(typed, norms);
}

// One layer on the tensors of a file, into another file.
void run_on_files(const std::string& spec, const std::string& in, const std::string& out,
                  LayerRunOptions options, bool parts) {
  const NamedTensors given = read_tensors(in);
  if (parts && !given.contains("grad_output"))
    throw Error("--parts shows a backward; " + in + " has no tensor called 'grad_output'");
  PartsRecord record;
  if (parts) options.observer = &record;
  NamedTensors results = run_layer(spec_of(spec), given, options);
  if (parts) {
    record.add_terms(results, given.at("input").shape().rank() == 4);
    std::cout << record.text();
  }
  write_tensors(out, results);
}

int run(CommandLine& line) {
  std::vector<std::string> specs;
  std::string in, out, mode = "train", dtype = "float32", explain, html;
  numbers::TypedText typed;
  int64_t repeat = 1;
  int threads = 0;
  bool list = false, json = false, parts = false, numerics = false;
  CLI::App& app = line.app();
  app.add_option("spec", specs,
                 "Layer as in a model config: a JSON file, the JSON text, or a type; with "
                 "--numbers one norm or several");
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
  app.add_flag("--json", json, "With --list, --explain, --numbers or --numerics: as JSON");
  app.add_option("--explain", explain,
                 "Say what a type computes, its options, and properties measured now");
  app.add_flag("--numerics", numerics,
               "Measure how sums lose digits on hard inputs; with a spec, how that layer does in "
               "float32");
  CLI::Option* const of_numbers = app.add_option(
      "--numbers", typed.numbers,
      "Show what norms make of these numbers, \"3 1 4 1 5\", in float64; \"some\" makes "
      "as many up as --shape asks for");
  app.add_option("--gradient", typed.gradient, "With --numbers: what comes back to their output")
      ->needs(of_numbers);
  app.add_option("--shape", typed.shape,
                 "With --numbers: samples,positions,channels; one sample of channels if left out")
      ->needs(of_numbers);
  app.add_option("--steps-before", typed.steps_before,
                 "With --numbers and --mode eval: training steps on them that come first")
      ->needs(of_numbers)
      ->check(CLI::NonNegativeNumber);
  for (const char* other : {"--in", "--out", "--dtype", "--repeat", "--parts", "--numerics"})
    of_numbers->excludes(other);
  app.add_option("--html", html, "With --numbers or --numerics: write a page with charts, too");
  line.parse();
  if (threads > 0) set_thread_count(threads);
  if (!html.empty() && !numerics && !*of_numbers)
    throw Error("--html is a page of --numbers or of --numerics");
  if (list) {
    std::cout << (json ? catalogue_json() : catalogue_text());
    return 0;
  }
  if (!explain.empty()) {
    std::cout << (json ? explanation_json(explain) : explanation_text(explain));
    return 0;
  }
  if (*of_numbers) {
    typed.training = mode == "train";
    show_numbers(specs, typed, html, json, line.quiet());
    return 0;
  }
  if (specs.size() > 1)
    throw Error("one spec is enough here, found " + std::to_string(specs.size()) +
                "; --numbers takes several");
  const std::string spec = specs.empty() ? "" : specs[0];
  if (numerics) {
    show_numerics(spec, html, json, line.quiet());
    return 0;
  }
  if (spec.empty() || in.empty() || out.empty())
    throw Error("a spec, --in and --out are needed; layer --help shows examples");
  run_on_files(spec, in, out,
               {.dtype = dtype_named(dtype), .training = mode == "train", .repeat = repeat}, parts);
  return 0;
}

const RegisterProgram registered(kAbout, run);

}  // namespace
}  // namespace norma::layer_command
