#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// A record: its label, then red, green and blue planes; pixel p of plane c holds seed + p + 50c.
std::string record(int label, int seed) {
  std::string bytes = bytes_of({label});
  for (int c = 0; c < 3; ++c)
    for (int p = 0; p < 1024; ++p)
      bytes += static_cast<char>(static_cast<uint8_t>(seed + p + 50 * c));
  return bytes;
}

void write_cifar10(const ScratchFolder& folder) {
  for (int batch = 1; batch <= 5; ++batch)
    folder.write("data_batch_" + std::to_string(batch) + ".bin",
                 record(batch, batch) + record(9 - batch, batch + 10));
  folder.write("test_batch.bin", record(3, 77));
}

std::string cifar10_config(const ScratchFolder& folder) {
  return R"({"type": "cifar10", "val_fraction": 0.2, "normalize": "unit", "source": ")" +
         folder.str() + R"("})";
}

}  // namespace

TEST_CASE("CIFAR-10 planes become channels-last pixels", "[data][cifar10]") {
  const ScratchFolder folder;
  write_cifar10(folder);
  const auto data = load_data(cifar10_config(folder));
  CHECK(data->info().classes == 10);
  CHECK(data->size(Split::kTrain) == 8);
  CHECK(data->size(Split::kValidation) == 2);
  Batch batch;
  data->fetch(Split::kTrain, 0, 8, DType::kFloat64, batch);
  CHECK(numbers_of(batch.target) == std::vector<int32_t>{1, 8, 2, 7, 3, 6, 4, 5});
  REQUIRE(batch.input.shape() == Shape{8, 32, 32, 3});
  for (const int64_t pixel : {0, 1, 31, 32, 700, 1023})
    for (int c = 0; c < 3; ++c)
      CHECK(batch.input.item((3 * 1024 + pixel) * 3 + c) ==
            static_cast<uint8_t>(12 + pixel + 50 * c) / 255.0);
  data->fetch(Split::kTest, 0, 1, DType::kFloat64, batch);
  CHECK(batch.input.item(0) == 77 / 255.0);
}

TEST_CASE("the folder above the batches will do too", "[data][cifar10]") {
  const ScratchFolder folder;
  std::filesystem::create_directory(folder / "cifar-10-batches-bin");
  write_cifar10(folder);
  for (const auto& entry : std::filesystem::directory_iterator(folder.str()))
    if (entry.is_regular_file())
      std::filesystem::rename(
          entry.path(), folder / ("cifar-10-batches-bin/" + entry.path().filename().string()));
  CHECK(load_data(cifar10_config(folder))->size(Split::kTest) == 1);
}

TEST_CASE("crop and mirror are on for CIFAR-10 unless switched off", "[data][cifar10]") {
  const ScratchFolder folder;
  const Spec spec = spec_of(cifar10_config(folder), data_registry());
  CHECK((*spec.options)["augment"]["crop"] == 4);
  CHECK((*spec.options)["augment"]["flip"] == true);
}

TEST_CASE("damaged CIFAR-10 batches are named", "[data][cifar10]") {
  const ScratchFolder folder;
  const auto message = [&] { return error_of([&] { load_data(cifar10_config(folder)); }); };
  CHECK_THAT(message(), ContainsSubstring("data_batch_1.bin is not there"));
  write_cifar10(folder);
  CHECK(message().empty());
  folder.write("data_batch_2.bin", record(1, 1).substr(1));
  CHECK_THAT(message(), ContainsSubstring("data_batch_2.bin: has 3072 bytes; a multiple of 3073"));
  folder.write("data_batch_2.bin", "");
  CHECK_THAT(message(), ContainsSubstring("data_batch_2.bin: has 0 bytes"));
  folder.write("data_batch_2.bin", record(1, 1) + record(10, 1));
  CHECK_THAT(message(), ContainsSubstring("data_batch_2.bin: image 1 has label 10"));
  std::filesystem::remove(folder / "data_batch_2.bin");
  CHECK_THAT(message(), ContainsSubstring("data_batch_2.bin: there is no such file"));
}

}  // namespace norma
