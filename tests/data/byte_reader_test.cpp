#include "data/byte_reader.h"

#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

std::string all_of(const std::string& file) {
  const std::vector<uint8_t> bytes = ByteReader(file).read_rest();
  return {bytes.begin(), bytes.end()};
}

std::string sample_text() {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "line " + std::to_string(i * i) + "\n";
  return text;
}

}  // namespace

TEST_CASE("plain and compressed files read the same", "[data][byte_reader]") {
  const ScratchFolder folder;
  const std::string text = sample_text();
  CHECK(all_of(folder.write("plain", text)) == text);
  CHECK(all_of(folder.write("packed", gzipped(text))) == text);
  CHECK(all_of(folder.write("two", gzipped(text) + gzipped("more"))) == text + "more");
  CHECK(all_of(folder.write("empty", "")).empty());
}

TEST_CASE("a block is read whole or not at all", "[data][byte_reader]") {
  const ScratchFolder folder;
  const std::string file = folder.write("five", "12345");
  CHECK(ByteReader(file).read_block(5, "numbers").size() == 5);
  CHECK_THAT(error_of([&] { ByteReader(file).read_block(uint64_t{1} << 39, "numbers"); }),
             ContainsSubstring(file + ": ends after 5 bytes, inside the numbers, with 549755813883 "
                                      "bytes missing"));
  std::array<uint8_t, 6> six{};
  CHECK_THAT(error_of([&] { ByteReader(file).read(six, "header"); }),
             ContainsSubstring("ends after 5 bytes, inside the header, with 1 bytes missing"));
  ByteReader reader(file);
  reader.read_block(4, "numbers");
  CHECK_THAT(error_of([&] { reader.expect_end(); }),
             ContainsSubstring("goes on after the 4 bytes that were expected"));
}

TEST_CASE("a compressed file damaged anywhere never reads as something else",
          "[data][byte_reader]") {
  const ScratchFolder folder;
  const std::string text = sample_text(), packed = gzipped(text);
  int refused = 0;
  for (size_t i = 0; i < packed.size(); ++i) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::string damaged = packed;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      // The first two bytes tell gzip from plain; without them the file is taken as it is.
      if (i < 2) continue;
      const std::string file = folder.write("damaged", damaged);
      std::string read;
      const std::string message = error_of([&] { read = all_of(file); });
      refused += !message.empty();
      INFO("byte " << i << " flipped by " << flip);
      CHECK((message.empty() ? read == text : message.find(file) == 0));
    }
  }
  // Only a few bytes of the gzip header (time, system) mean nothing to the content.
  CHECK(refused > static_cast<int>(3 * (packed.size() - 12)));
}

TEST_CASE("a compressed file that breaks off is refused wherever it does", "[data][byte_reader]") {
  const ScratchFolder folder;
  const std::string packed = gzipped(sample_text());
  for (size_t size = 2; size < packed.size(); ++size) {
    const std::string file = folder.write("short", packed.substr(0, size));
    INFO(size << " of " << packed.size() << " bytes");
    CHECK_THAT(error_of([&] { all_of(file); }), ContainsSubstring(file));
  }
}

TEST_CASE("what is no file is named", "[data][byte_reader]") {
  const ScratchFolder folder;
  CHECK_THAT(error_of([&] { ByteReader(folder / "absent"); }),
             ContainsSubstring(folder / "absent: there is no such file"));
  CHECK_THAT(error_of([&] { ByteReader(folder.str()); }), ContainsSubstring("not a regular file"));
}

}  // namespace norma
