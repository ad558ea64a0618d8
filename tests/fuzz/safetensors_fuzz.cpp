// Searches for bytes that make the safetensors reader misbehave. Needs clang and its libFuzzer:
//
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -I. \
//     tests/fuzz/safetensors_fuzz.cpp
//     core/io/{safetensors_header,safetensors_reader,mapped_file}.cpp \ -o safetensors_fuzz
//   ./safetensors_fuzz -max_len=4096 -max_total_time=300 CORPUS_FOLDER

#include <cstdint>
#include <cstdlib>

#include "core/error.h"
#include "core/io/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace norma;
  try {
    const auto file =
        io::SafetensorsFile::parse({reinterpret_cast<const std::byte*>(data), size}, "fuzz");
    unsigned sum = 0;
    for (const auto& [name, tensor] : file.tensors()) {
      if (reinterpret_cast<uintptr_t>(tensor.data) % size_of(tensor.dtype) != 0) std::abort();
      for (size_t i = 0; i < tensor.bytes; ++i) sum += std::to_integer<unsigned>(tensor.data[i]);
    }
    volatile unsigned keep = sum;  // so that every byte is really read
    (void)keep;
  } catch (const Error&) {
    // A refusal is the right answer to most inputs; any other exception ends the search.
  }
  return 0;
}
