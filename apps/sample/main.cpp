// sample: text out of a trained model.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/common/program.h"
#include "apps/trainer/run_folder.h"
#include "apps/trainer/training.h"
#include "core/parallel.h"
#include "data/text/tokenizer.h"
#include "models/generate.h"
#include "models/model.h"

namespace norma::sample_command {
namespace {

constexpr About kAbout{
    "sample", "Writes text with a trained language model: RUN is the folder that train left.",
    "  sample runs/demo\n"
    "  sample runs/demo --prompt 'In the beginning' --tokens 300 --temperature 0.8\n"
    "  sample runs/demo --top-k 20 --top-p 0.95 --seed 7\n"};

// What is wrong with a temperature; nothing where it is one.
std::string is_temperature(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool valid = !text.empty() && *end == 0 && value >= 0 && std::isfinite(value);
  return valid ? "" : "expected a number from 0 up, found " + text;
}

// The model of a run, which must go on from what it has read.
std::unique_ptr<Module> make_writer(const Scope& scope, const Spec& model, int64_t vocab,
                                    const std::string& folder) {
  try {
    return make_model(scope, model, {.vocab = vocab, .next_token = true, .outputs = vocab});
  } catch (const Error& error) {
    throw Error(folder + ": its model does not write text: " + error.what());
  }
}

int run(CommandLine& line) {
  std::string folder, prompt = "\n";
  int64_t count = 400;
  uint64_t seed = 1;
  int threads = 0;
  SamplingOptions sampling{.temperature = 0.8};
  CLI::App& app = line.app();
  app.add_option("run", folder, "Run folder")->required();
  app.add_option("-p,--prompt", prompt, "Text to continue");
  app.add_option("-n,--tokens", count, "Tokens to write")->check(CLI::PositiveNumber);
  app.add_option("-t,--temperature", sampling.temperature,
                 "Below 1: likelier tokens; 0: always the likeliest")
      ->check(is_temperature);
  app.add_option("--top-k", sampling.top_k, "Choose among the k likeliest tokens; 0 = all")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--top-p", sampling.top_p,
                 "Choose among the likeliest tokens that together reach this probability")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--seed", seed, "Of the random choices");
  app.add_option("-j,--threads", threads, "Worker threads; all cores if left out")
      ->check(CLI::PositiveNumber);
  line.parse();
  if (threads > 0) set_thread_count(threads);

  const std::filesystem::path root(folder);
  const RunConfig config = config_of(root);
  if (!std::filesystem::exists(root / "tokenizer.json"))
    throw Error(folder + " has no tokenizer.json: its model does not write text");
  const std::string tokens_file = (root / "tokenizer.json").string();
  const std::unique_ptr<Tokenizer> tokenizer = load_tokenizer(load_json(tokens_file), tokens_file);

  ParamSet params(config.train.dtype(), 0);
  const std::unique_ptr<Module> model =
      make_writer(Scope(params), config.model, tokenizer->vocab(), folder);
  params.materialize();
  load_weights(params, weights_of(root));

  const std::vector<uint16_t> encoded = tokenizer->encode(prompt);
  std::vector<int32_t> tokens(encoded.begin(), encoded.end());
  if (tokens.empty()) throw Error("--prompt needs at least one token to continue");
  std::cout << prompt << std::flush;
  const int64_t context = integer_option(config.model, "context").value_or(1);
  generate(*model, params.dtype(), context, std::move(tokens), count, seed, sampling,
           [&](int32_t token) {
             std::cout << tokenizer->decode({&token, 1}) << std::flush;
           });
  std::cout << "\n";
  return 0;
}

const RegisterProgram registered(kAbout, run);

}  // namespace
}  // namespace norma::sample_command
