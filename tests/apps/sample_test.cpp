// The programs `sample` and `layer`, run as a user runs them.
#include <signal.h>

#include "core/io/safetensors.h"
#include "tests/apps/child_program.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"

namespace norma {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

// A tiny model of the built-in text.
std::vector<std::string> tiny_gpt(const fs::path& run) {
  return {"train",
          "configs/quickstart.json",
          "data.source=synthetic",
          "model.layers=1",
          "model.width=16",
          "model.heads=1",
          "model.context=16",
          "train.eval_every=0",
          "train.eval_samples=2",
          "train.steps=3",
          "train.checkpoint_every=1",
          "--out",
          run.string()};
}

}  // namespace

TEST_CASE("sample: writes what was asked for, the same for the same seed", "[apps]") {
  TemporaryFolder folder;
  const std::string run = (folder / "run").string();
  REQUIRE(run_program_as_user(tiny_gpt(run)).code == 0);
  const auto sampled = [&](const std::string& seed) {
    return run_program_as_user({"sample", run, "--prompt", "the ", "-n", "40", "--seed", seed});
  };
  const Ended one = sampled("1");
  INFO(one.err);
  REQUIRE(one.code == 0);
  CHECK(one.out.substr(0, 4) == "the ");
  CHECK(one.out.size() == 4 + 40 + 1);  // one byte a character, and the end of the line
  CHECK(sampled("1").out == one.out);
  CHECK(sampled("2").out != one.out);
  // A run that was stopped has a checkpoint, and no model file yet.
  fs::remove(folder / "run/model.safetensors");
  CHECK(sampled("1").out == one.out);
}

TEST_CASE("sample: says what is wrong", "[apps]") {
  TemporaryFolder folder;
  const std::string run = (folder / "run").string();
  REQUIRE(run_program_as_user(tiny_gpt(run)).code == 0);
  const auto refused = [](const std::vector<std::string>& arguments, const char* reason) {
    const Ended ended = run_program_as_user(arguments);
    CHECK(ended.code == 2);
    CHECK_THAT(ended.err, ContainsSubstring(reason));
  };
  refused({"sample", (folder / "nothing").string()}, "is not a run folder");
  refused({"sample", run, "--prompt", ""}, "at least one token");
  refused({"sample", run, "--top-p", "1.5"}, "--top-p");
  refused({"sample", run, "--temperature", "-1"}, "--temperature");
  refused({"sample"}, "run");
}

TEST_CASE("sample: a run on masked text keeps its tokenizer, but continues no text", "[apps]") {
  TemporaryFolder folder;
  const std::string run = (folder / "run").string();
  REQUIRE(run_program_as_user({"train", "configs/kjv_encoder.json", "data.text.source=synthetic",
                               "model.layers=1", "model.width=16", "model.heads=1",
                               "model.context=16", "train.batch=2", "train.eval_every=0",
                               "train.eval_samples=2", "train.steps=1", "--out", run})
              .code == 0);
  CHECK(fs::exists(folder / "run/tokenizer.json"));
  const Ended sampled = run_program_as_user({"sample", run});
  CHECK(sampled.code == 2);
  CHECK_THAT(sampled.err, ContainsSubstring("does not write text"));
}

TEST_CASE("layer: forward and backward on a file", "[apps]") {
  TemporaryFolder folder;
  const std::vector<double> x{1, 2, 3, 4, 5, 9}, dy{1, 0, 0, 0, 1, 0};
  const auto view = [](const char* name, const std::vector<double>& values) {
    return io::TensorView{name,
                          DType::kFloat64,
                          {2, 3},
                          reinterpret_cast<const std::byte*>(values.data()),
                          values.size() * sizeof(double)};
  };
  const std::vector<io::TensorView> in{view("input", x), view("grad_output", dy)};
  io::write_safetensors(folder / "in.safetensors", in);
  const std::string from = (folder / "in.safetensors").string(),
                    to = (folder / "out.safetensors").string();
  const Ended ended = run_program_as_user({"layer", R"({"type": "layer_norm", "eps": 0})", "--in",
                                           from, "--out", to, "--dtype", "float64"});
  INFO(ended.err);
  REQUIRE(ended.code == 0);
  const io::SafetensorsFile out = io::SafetensorsFile::open(to);
  const double* y = reinterpret_cast<const double*>(out.at("output").data);
  CHECK(y[0] == Approx(-std::sqrt(1.5)));
  CHECK(y[1] == Approx(0).margin(1e-12));
  for (const char* name : {"grad_input", "grad_param.weight", "grad_param.bias"})
    CHECK(out.find(name) != nullptr);

  const auto refused = [&](const std::string& spec, const char* reason) {
    const Ended wrong = run_program_as_user({"layer", spec, "--in", from, "--out", to});
    CHECK(wrong.code == 2);
    CHECK_THAT(wrong.err, ContainsSubstring(reason));
  };
  // What is in the file must fit the layer.
  const auto with_input = [&](io::TensorView more, const char* reason) {
    std::vector<io::TensorView> tensors = in;
    std::erase_if(tensors, [&](const io::TensorView& tensor) { return tensor.name == more.name; });
    tensors.push_back(more);
    io::write_safetensors(folder / "more.safetensors", tensors);
    const Ended wrong = run_program_as_user({"layer", R"({"type": "layer_norm"})", "--in",
                                             (folder / "more.safetensors").string(), "--out", to});
    CHECK(wrong.code == 2);
    CHECK_THAT(wrong.err, ContainsSubstring(reason));
  };
  const auto bytes = [](const std::vector<double>& values) {
    return reinterpret_cast<const std::byte*>(values.data());
  };
  with_input({"mask", DType::kFloat64, {2}, bytes(x), 16}, "mask holds float64, expected uint8");
  with_input({"mask", DType::kUInt8, {3}, bytes(x), 3}, "mask has the shape (3), expected (2)");
  with_input({"grad_output", DType::kFloat64, {3, 2}, bytes(dy), 48}, "expected (2, 3)");
  with_input({"grad_output", DType::kInt32, {2, 3}, bytes(dy), 24}, "grad_output holds int32");
  with_input({"weights", DType::kFloat64, {3}, bytes(x), 24}, "a tensor is called 'weights'");

  refused(R"({"type": "layer_nrm"})", "did you mean layer_norm");
  refused(R"({"type": "group_norm", "groups": 2})", "3 channels cannot be cut into 2 groups");
  refused(R"({"type": "layer_norm", "esp": 1})", "did you mean eps");
}

}  // namespace norma
