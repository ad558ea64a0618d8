#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "tests/catch.h"
#include "tests/core/config_sample.h"

namespace norma {
namespace {

std::string nearest(const char* word, const std::vector<std::string>& candidates) {
  return nearest_name(word, candidates);
}

}  // namespace

TEST_CASE("the nearest name is one that may have been meant", "[config]") {
  CHECK(nearest("esp", {"groups", "eps"}) == "eps");  // two letters swapped: one edit
  CHECK(nearest("learning_rat", {"warmup", "learning_rate"}) == "learning_rate");
  CHECK(nearest("warm", {"warmup", "width"}) == "warmup");
  CHECK(nearest("layer", {"layers", "player"}) == "layers");
  CHECK(nearest("RMSNorm", {"layer_norm", "rms_norm"}) == "rms_norm");
  CHECK(nearest("batch-norm", {"batch_norm"}) == "batch_norm");
  CHECK(nearest("lr", {"lr_min", "steps", "lr"}) == "lr");
  CHECK(nearest("weigth_decay", {"weight", "weight_decay"}) == "weight_decay");
}

TEST_CASE("no name is offered when none is near", "[config]") {
  CHECK(nearest("lr", {"eps", "steps"}).empty());
  CHECK(nearest("x", {"y"}).empty());
  CHECK(nearest("", {"a", "eps"}).empty());
  CHECK(nearest("epochs", {"steps", "batch"}).empty());
  CHECK(nearest("eps", {}).empty());
}

TEST_CASE("names are sorted by nearness, the far ones left as they were", "[config]") {
  CHECK(by_nearness("rms_nrom", {"zeta", "rms_normed", "rms_norm", "alpha"}) ==
        std::vector<std::string>{"rms_norm", "rms_normed", "zeta", "alpha"});
}

TEST_CASE("a registry lists its names sorted and knows each", "[config]") {
  std::string names;
  for (const Entry* entry : sample_norms().entries()) names += entry->type + " ";
  CHECK(names == "group_norm layer_norm rms_norm ");
  CHECK(sample_norms().at("layer_norm") == 2);
  CHECK(sample_norms().find("rms_norm")->source == "Zhang and Sennrich 2019");
  CHECK(sample_norms().find("rms") == nullptr);
  CHECK_THROWS_WITH(sample_norms().at("rms_nrom"),
                    "there is no norm named \"rms_nrom\"; did you mean rms_norm? (known: rms_norm, "
                    "group_norm, layer_norm)");
}

TEST_CASE("of very many names, some are listed, the near ones among them", "[config]") {
  Registry<int> many("thing");
  for (int i = 0; i < 21; ++i) many.add({"alpha" + std::to_string(i), "", "", {}}, i);
  many.add({"zebra", "", "", {}}, 99);
  const std::string known = many.known("zebar");
  CHECK(known.starts_with("zebra, "));
  CHECK(known.ends_with(" and 12 more"));
  CHECK(make_spec("zebra", many, "").type == "zebra");
  CHECK_THROWS_AS(many.add({"zebra", "", "", {}}, 1), std::logic_error);
  CHECK(Registry<int>("thing").known() == "none is registered");
}

}  // namespace norma
