// What is in the records of probes.
#include <limits>

#include "core/io/json_lines.h"
#include "tests/apps/probed_trainings.h"
#include "tests/threads.h"

namespace norma {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("probe: one and two threads record the same digits", "[probe]") {
  for (const Json& json : {gpt_with_state(), resnet_with_state()}) {
    const Threads one(1);
    const std::string alone = first_record(json, "full").dump();
    const Threads two(2);
    CHECK(first_record(json, "full").dump() == alone);
  }
}

TEST_CASE("probe: batches of a step add up to what one batch shows", "[probe]") {
  Json json = gpt_with_state();
  json["model"]["dropout"] = json["model"]["drop_path"] = 0.0;
  json["train"]["precision"] = "fp64";
  json["train"]["accumulate"] = 4;
  const Json parts = first_record(json, "light");
  json["train"]["accumulate"] = 1;
  const Json whole = first_record(json, "light");
  REQUIRE(parts["modules"].size() == whole["modules"].size());
  for (size_t i = 0; i < whole["modules"].size(); ++i) {
    const Json &a = parts["modules"][i], &b = whole["modules"][i];
    if (a["op"] == "reparam") continue;  // one weight for all four
    INFO(a["path"] << " " << a["op"]);
    for (const char* pass : {"forward", "backward"})
      for (const auto& [gauge, value] : b[pass].items())
        if (value.is_number())
          CHECK(a[pass][gauge].get<double>() ==
                Approx(value.get<double>()).epsilon(1e-8).margin(1e-12));
  }
  for (size_t i = 0; i < whole["parameters"].size(); ++i)
    CHECK(parts["parameters"][i]["grad_norm"].get<double>() ==
          Approx(whole["parameters"][i]["grad_norm"].get<double>()).epsilon(1e-9));
}

TEST_CASE("probe: norms, attentions and weights tell what is their own", "[probe]") {
  const Json gpt = first_record(gpt_with_state(), "full");
  CHECK(line_named(gpt["norms"], "path", "blocks.1.ffn_norm")["saturated"].is_number());
  const Json& attention = line_named(gpt["attention"], "path", "blocks.0.attn");
  CHECK(attention["attention_entropy"]["mean"] > 0);
  CHECK(attention["attention_entropy"]["mean"] < std::log(9.0));
  CHECK(attention["largest_logit"]["heads"].size() == 2);
  CHECK(line_named(gpt["parameters"], "name", "blocks.0.ffn_norm.alpha")["scalar"] == 0.5);
  const Json& sigma =
      line_named(gpt["parameters"], "name", "blocks.0.ffn.up.weight")["spectral_norm_error"];
  const double iterated = sigma["power_iteration"], exact = sigma["exact"];
  CHECK(iterated <= exact * (1 + 1e-6));
  CHECK(iterated > 0.9 * exact);

  // Norms stand in the order of the forward, whichever gauge met them first, and weights with
  // theirs.
  std::vector<std::string> paths;
  for (const Json& norm : gpt["norms"])
    if (norm["path"].get<std::string>().starts_with("blocks.0.")) paths.push_back(norm["path"]);
  CHECK(paths == std::vector<std::string>{"blocks.0.attn_norm", "blocks.0.attn.qkv.weight",
                                          "blocks.0.attn.out.weight", "blocks.0.ffn_norm",
                                          "blocks.0.ffn.up.weight", "blocks.0.ffn.down.weight"});
  const auto parts_of = [&](const char* path) -> const Json& {
    return line_named(gpt["norms"], "path", path)["norm_gradient"];
  };
  CHECK(parts_of("blocks.0.attn_norm")["kind"] == "one projection");
  CHECK(parts_of("blocks.0.ffn.up.weight")["kind"] == "oblique projection");
  CHECK(parts_of("blocks.0.ffn.up.weight")["of_weight"] == true);
  CHECK_FALSE(parts_of("blocks.0.attn_norm").contains("slopes"));
  const Json& map = parts_of("blocks.1.ffn_norm");
  CHECK(map["kind"] == "pointwise");
  // tanh's slope is at most α = 0.5: every element is counted, up to that bin.
  const Json& slopes = map["slopes"];
  int64_t counted = slopes["zeros"].get<int64_t>() + slopes["not_finite"].get<int64_t>();
  for (const Json& count : slopes["counts"]) counted += count.get<int64_t>();
  int64_t elements = gpt["batches"].get<int64_t>() * 2;  // micro-batches
  for (const Json& extent : line_named(gpt["modules"], "path", "blocks.1.ffn_norm")["shape"])
    elements *= extent.get<int64_t>();
  CHECK(counted == elements);
  const int last = slopes["first_quarter"].get<int>() + static_cast<int>(slopes["counts"].size());
  CHECK(std::pow(10, (last - 1) / 4.0) <= 0.5);
  CHECK(map["gain_most"].get<double>() <= 0.5);

  const Json resnet = first_record(resnet_with_state(), "full");
  CHECK(line_named(resnet["norms"], "path", "stem_norm")["norm_gradient"]["kind"] ==
        "two projections");
  CHECK(line_named(resnet["norms"], "path", "stem_norm")["statistics_gap"]["mean"].is_number());
  const Json& conv = line_named(resnet["parameters"], "name", "stages.1.0.conv2.weight");
  CHECK(conv["radial"]["scale_free"] == true);
  CHECK(conv["rotation"]["angle"] > 0);
  const double norm = conv["param_norm"];
  CHECK(conv["rotation"]["rate_over_square"].get<double>() ==
        Approx(resnet["lr"].get<double>() / (norm * norm)));
  CHECK(conv["rotation"]["follows"] == "rate_over_square");  // SGD
  CHECK(conv["agc_clipped"] >= 0);
  const Json& head = line_named(resnet["parameters"], "name", "head.weight");
  CHECK(head["radial"]["scale_free"] == false);
  CHECK_FALSE(head.contains("rotation"));
  CHECK_FALSE(head.contains("agc_clipped"));  // the layer of the outputs is left alone
  CHECK(line_named(resnet["parameters"], "name", "stem_norm.weight")["gain"]["mean"] == 1);
}

TEST_CASE("probe: names the first module that is not finite", "[probe]") {
  Training training(probed_config(resnet_with_state()));
  Param& weight = *training.params().find("stages.1.0.conv1.weight");
  weight.value.data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  training.params().touch();
  const Json record = Probe(preset_named("full")).look(training);
  CHECK(record["first_nonfinite"]["pass"] == "forward");
  CHECK(record["first_nonfinite"]["path"] == "stages.1.0.conv1");
  const std::string text = io::json_line(record);
  CHECK_THAT(text, ContainsSubstring("\"NaN\""));
}

TEST_CASE("probe: looks at the loss around the weights when asked", "[probe]") {
  Training training(probed_config(resnet_with_state()));
  const LandscapeOptions options = everything_around();
  const Json seen = Probe(preset_named("off"), options).look(training)["landscape"];
  CHECK(seen == landscape_json(survey(training, options)));
  CHECK(seen["mode"] == "train");
  CHECK(seen["curvature"]["eigenvalues"].size() == 1);
  CHECK_FALSE(Probe(preset_named("light")).look(training).contains("landscape"));

  Param& weight = *training.params().find("head.weight");
  weight.value.data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  training.params().touch();
  const Json lost = Probe(preset_named("off"), options).look(training)["landscape"];
  CHECK_THAT(lost["refused"].get<std::string>(), ContainsSubstring("not finite"));
}

}  // namespace norma
