// Running statistics measured anew after a training: for the weights that are used, from the data
// alone, and saved with the weights only.
#include <nlohmann/json.hpp>

#include "apps/trainer/run.h"
#include "apps/trainer/training.h"
#include "core/io/safetensors.h"
#include "tests/catch.h"
#include "tests/specimen.h"
#include "tests/temporary_folder.h"

namespace norma {
namespace {

Json small_net(const std::string& norm) {
  return {{"model",
           {{"type", "mlp"},
            {"layers", 2},
            {"width", 8},
            {"norm", norm},
            {"dropout", 0.2},
            {"activation", "tanh"}}},
          {"data", {{"type", "spirals"}, {"val_samples", 40}}},
          {"train",
           {{"steps", 4},
            {"batch", 16},
            {"accumulate", 2},
            {"eval_every", 0},
            {"precision", "fp64"},
            {"ema", 0.5},
            {"precise_bn", {{"batches", 3}}}}}};
}
RunConfig net_config(const Json& json, Json* resolved = nullptr) {
  return read_run_config(json, "the test", {}, resolved);
}

std::vector<Tensor> buffers_of(Training& training) {
  std::vector<Tensor> all;
  for (const Buffer& buffer : training.params().buffers()) all.push_back(buffer.value.clone());
  return all;
}
void check_same(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) CHECK(same_bits(a[i], b[i]));
}

void train(Training& training) {
  while (training.steps_done() < training.config().train.steps) training.step();
}

}  // namespace

TEST_CASE("precise_bn: statistics follow from the averaged weights and the data alone", "[apps]") {
  TemporaryFolder folder;
  Json json = small_net("batch_norm");
  Training trained(net_config(json));
  train(trained);
  const Tensor weights = trained.params().values().clone();
  const auto change = trained.reestimate_statistics();
  REQUIRE(change);
  CHECK(change->norms == 2);
  CHECK(change->values == 3 * 16);
  CHECK(change->largest > 0);
  CHECK(same_bits(trained.params().values(), weights));
  const std::vector<Tensor> found = buffers_of(trained);
  CHECK(trained.reestimate_statistics()->largest == 0);
  check_same(buffers_of(trained), found);

  // The average as weights of a net that never trained.
  io::write_safetensors(folder / "average.safetensors", trained.weights());
  json["train"].erase("ema");
  json["train"]["init_from"] = (folder / "average.safetensors").string();
  Training taken(net_config(json));
  for (const Buffer& buffer : taken.params().buffers()) buffer.value.zero();
  taken.reestimate_statistics();
  for (size_t i = 0; i < found.size(); ++i)
    if (taken.params().buffers()[i].name.find("num_batches") == std::string::npos)
      CHECK(same_bits(taken.params().buffers()[i].value, found[i]));
}

TEST_CASE("precise_bn: nothing to do without running statistics, or when not asked", "[apps]") {
  Training layer_norm(net_config(small_net("layer_norm")));
  CHECK(layer_norm.reestimate_statistics()->norms == 0);
  Json json = small_net("batch_norm");
  json["train"].erase("precise_bn");
  CHECK_FALSE(Training(net_config(json)).reestimate_statistics());
}

TEST_CASE("precise_bn: the weights file has the new statistics, checkpoints those of the training",
          "[apps]") {
  TemporaryFolder folder;
  const auto run = [&](bool resume, int batches) {
    Json json = small_net("batch_norm"), resolved;
    json["train"]["precise_bn"]["batches"] = batches;
    const RunConfig config = net_config(json, &resolved);
    Training training(config);
    RunListener nobody;
    run_training(training,
                 {.folder = folder / "run", .resolved = resolved.dump(), .resume = resume}, nobody);
    std::vector<Tensor> now = buffers_of(training);
    const auto file = io::SafetensorsFile::open(folder / "run" / "model.safetensors");
    for (const Buffer& buffer : training.params().buffers())
      CHECK(std::memcmp(file.find(buffer.name)->data, buffer.value.raw(), buffer.value.bytes()) ==
            0);
    return now;
  };
  const std::vector<Tensor> own = run(false, 0);
  const std::vector<Tensor> precise = run(true, 3);  // on demand, of a training that is over
  CHECK_FALSE(same_bits(own[0], precise[0]));
  check_same(run(true, 0), own);
  check_same(run(true, 3), precise);
}

}  // namespace norma
