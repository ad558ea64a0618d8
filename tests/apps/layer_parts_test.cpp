// `layer --parts` as a user runs it.
#include <cstring>
#include <map>

#include "core/io/safetensors.h"
#include "tests/apps/child_program.h"
#include "tests/catch.h"
#include "tests/specimen.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// `layer SPEC --parts` on normal numbers of a shape; the numbers that it leaves, by name.
struct ShownParts {
  ShownParts(const std::string& spec, const Shape& shape,
             const std::vector<std::string>& more = {}) {
    const TemporaryFolder folder;
    const std::string in = (folder.path() / "in").string(), out = (folder.path() / "out").string();
    std::vector<io::TensorView> views;
    const Tensor x = numbers("x", shape), dy = numbers("dy", shape);
    for (const auto& [name, tensor] :
         std::map<std::string, Tensor>{{"input", x}, {"grad_output", dy}})
      views.push_back({name, tensor.dtype(), shape.vec(), tensor.raw(), tensor.bytes()});
    io::write_safetensors(in, views);
    std::vector<std::string> arguments{"layer", spec,      "--in",    in,       "--out",
                                       out,     "--dtype", "float64", "--parts"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    ended = run_program_as_user(arguments);
    INFO(ended.err);
    REQUIRE(ended.code == 0);
    const io::SafetensorsFile file = io::SafetensorsFile::open(out);
    for (const std::string& name : file.names()) {
      const io::TensorView& view = file.at(name);
      if (view.dtype != DType::kFloat64) continue;
      found[name].resize(view.bytes / sizeof(double));
      std::memcpy(found[name].data(), view.data, view.bytes);
    }
  }
  static Tensor numbers(const char* name, const Shape& shape) {
    return Tensor::from(normal_numbers(name, shape.numel()), shape, DType::kFloat64);
  }
  // The largest difference between a gradient and the sum of its terms.
  double off(const std::string& terms, const std::string& gradient) {
    REQUIRE(found.count(terms + "along_u") == 1);
    double most = 0;
    for (size_t i = 0; i < found[gradient].size(); ++i)
      most = std::max(most, std::abs(found[terms + "direct"][i] + found[terms + "along_one"][i] +
                                     found[terms + "along_u"][i] - found[gradient][i]));
    return most;
  }
  Ended ended;
  std::map<std::string, Numbers> found;
};

}  // namespace

TEST_CASE("layer: --parts shows the terms of a norm's gradient", "[apps]") {
  ShownParts image(R"({"type": "group_norm", "groups": 2})", {2, 6, 3, 5});
  CHECK(image.off("part.", "grad_input") < 1e-13);
  CHECK_THAT(image.ended.out, ContainsSubstring("group_norm"));
  CHECK_THAT(image.ended.out, ContainsSubstring("4 cells"));
  CHECK_THAT(image.ended.out, ContainsSubstring("orthogonal: what lies along 1 and x̂"));
  ShownParts eval(R"({"type": "batch_norm"})", {4, 7}, {"--mode", "eval"});
  CHECK_THAT(eval.ended.out, ContainsSubstring("the statistics are given"));
  ShownParts pointwise(R"({"type": "dyt"})", {4, 7});
  CHECK_THAT(pointwise.ended.out, ContainsSubstring("saturated"));
}

TEST_CASE("layer: --parts names the norms of a larger layer", "[apps]") {
  ShownParts block(R"({"type": "block", "attention": {"heads": 2}, "norm": "rms_norm"})",
                   {2, 3, 8});
  CHECK(block.found.count("part.attn_norm.direct") == 1);
  CHECK(block.found.count("part.ffn_norm.along_u") == 1);
  CHECK_THAT(block.ended.out, ContainsSubstring("rms_norm at ffn_norm"));
  // Convolutional weights are laid out as they are, and not as images.
  ShownParts conv(R"({"type": "conv2d", "out": 4, "kernel": 3, "padding": 1, "bias": false,
                      "reparam": {"type": "weight_standardization"}})",
                  {2, 4, 5, 5});
  CHECK(conv.off("part.weight.", "grad_param.weight") < 1e-11);
  CHECK_THAT(conv.ended.out, ContainsSubstring("in the space of the weight"));
}

TEST_CASE("layer: --parts needs a gradient", "[apps]") {
  const TemporaryFolder folder;
  const std::string in = (folder.path() / "in").string();
  const Tensor x = ShownParts::numbers("x", {2, 3});
  const io::TensorView view{"input", x.dtype(), {2, 3}, x.raw(), x.bytes()};
  io::write_safetensors(in, {&view, 1});
  const Ended ended = run_program_as_user({"layer", R"({"type": "rms_norm"})", "--in", in, "--out",
                                           (folder.path() / "out").string(), "--parts"});
  CHECK(ended.code == 2);
  CHECK_THAT(ended.err, ContainsSubstring("grad_output"));
}

}  // namespace norma
