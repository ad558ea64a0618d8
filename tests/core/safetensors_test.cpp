#include "core/io/safetensors.h"

#include <limits>

#include "core/error.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/core/safetensors_file.h"
#include "tests/temporary_folder.h"

using namespace norma;
using namespace norma::io;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string from_hex(const std::string& digits) {
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// What the Python package (safetensors 0.8.0, save_file with metadata {"format": "pt"}) wrote for
// the tensors of `golden_tensors`.
std::string golden_file() {
  return safetensors_bytes(
      R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},)"
      R"("none":{"dtype":"F32","shape":[0,3],"data_offsets":[16,16]},)"
      R"("scalar":{"dtype":"F32","shape":[],"data_offsets":[16,20]},)"
      R"("w":{"dtype":"F32","shape":[2,2],"data_offsets":[20,36]},)"
      R"("tokens":{"dtype":"I32","shape":[2],"data_offsets":[36,44]},)"
      R"("half":{"dtype":"BF16","shape":[3],"data_offsets":[44,50]},)"
      R"("mask":{"dtype":"U8","shape":[3],"data_offsets":[50,53]}}  )",
      from_hex("0000000000000840000000000000e0bf0000003f0000c03f000000c00000803e0000807f"
               "07000000ffffffff803f00c0003f0100ff"));
}

const std::vector<float> w = {1.5f, -2.0f, 0.25f, std::numeric_limits<float>::infinity()};
const std::vector<double> b = {3.0, -0.5};
const std::vector<bfloat16> half = {bfloat16(1.0f), bfloat16(-2.0f), bfloat16(0.5f)};
const std::vector<int32_t> tokens = {7, -1};
const std::vector<uint8_t> mask = {1, 0, 255};
const std::vector<float> one_number = {0.5f};
const std::vector<float> none;

std::vector<TensorView> golden_tensors() {
  return {view_of("w", w, {2, 2}),      view_of("b", b, {2}),
          view_of("half", half, {3}),   view_of("tokens", tokens, {2}),
          view_of("mask", mask, {3}),   view_of("scalar", one_number, {}),
          view_of("none", none, {0, 3})};
}

SafetensorsFile parse(const std::string& bytes) {
  return SafetensorsFile::parse(bytes_of(bytes), "some.safetensors");
}

SafetensorsFile parse(const std::string& header, const std::string& data) {
  static std::string bytes;  // outlives the result; one file at a time
  bytes = safetensors_bytes(header, data);
  return parse(bytes);
}

}  // namespace

TEST_CASE("safetensors: the written bytes are those of the Python package") {
  TemporaryFolder folder;
  write_safetensors(folder / "a.safetensors", golden_tensors(), {{"format", "pt"}});
  CHECK(read_bytes(folder / "a.safetensors") == golden_file());
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("safetensors: what the Python package wrote is read") {
  TemporaryFolder folder;
  write_bytes(folder / "a.safetensors", golden_file());
  const SafetensorsFile opened = SafetensorsFile::open(folder / "a.safetensors");
  std::filesystem::remove(folder / "a.safetensors");  // the mapping keeps the content

  CHECK(opened.names() ==
        std::vector<std::string>{"b", "half", "mask", "none", "scalar", "tokens", "w"});
  CHECK(opened.metadata() == std::map<std::string, std::string>{{"format", "pt"}});
  CHECK(numbers_of<float>(opened.at("w")) == w);
  CHECK(opened.at("w").shape == std::vector<int64_t>{2, 2});
  CHECK(numbers_of<double>(opened.at("b")) == b);
  CHECK(numbers_of<int32_t>(opened.at("tokens")) == tokens);
  CHECK(numbers_of<uint8_t>(opened.at("mask")) == mask);
  CHECK(numbers_of<float>(opened.at("scalar")) == one_number);
  CHECK(opened.at("scalar").shape.empty());
  CHECK(opened.at("none").shape == std::vector<int64_t>{0, 3});
  CHECK(opened.at("none").bytes == 0);
  CHECK(opened.at("half").dtype == DType::kBFloat16);
  CHECK(float(numbers_of<bfloat16>(opened.at("half"))[1]) == -2.0f);
  for (const auto& [name, tensor] : opened.tensors()) {
    CHECK(reinterpret_cast<uintptr_t>(tensor.data) % size_of(tensor.dtype) == 0);
  }
}

TEST_CASE("safetensors: views stay valid when the file object moves") {
  TemporaryFolder folder;
  write_safetensors(folder / "a.safetensors", golden_tensors());
  SafetensorsFile first = SafetensorsFile::open(folder / "a.safetensors");
  const std::byte* data = first.at("w").data;
  SafetensorsFile second = std::move(first);
  first = SafetensorsFile::open(folder / "a.safetensors");
  CHECK(second.at("w").data == data);
  CHECK(numbers_of<float>(second.at("w")) == w);
}

TEST_CASE("safetensors: int64 and bool become int32 and uint8") {
  // Written by the Python package.
  const std::string header = R"({"ids":{"dtype":"I64","shape":[3],"data_offsets":[0,24]},)"
                             R"("ok":{"dtype":"BOOL","shape":[2],"data_offsets":[24,26]}}      )";
  std::string data = from_hex("0100000000000000fbffffffffffffffffffff7f000000000100");
  {
    const SafetensorsFile file = parse(header, data);
    CHECK(file.at("ids").dtype == DType::kInt32);
    CHECK(numbers_of<int32_t>(file.at("ids")) == std::vector<int32_t>{1, -5, 2147483647});
    CHECK(file.at("ok").dtype == DType::kUInt8);
    CHECK(numbers_of<uint8_t>(file.at("ok")) == std::vector<uint8_t>{1, 0});
  }
  data[20] = 1;  // 2^32 is added to the last
  CHECK_THROWS_WITH(parse(header, data), ContainsSubstring("element 2 is 6442450943"));
  data[20] = 0;
  data[25] = 2;
  CHECK_THROWS_WITH(parse(header, data),
                    ContainsSubstring("\"ok\": element 1 of a BOOL is 2, expected 0 or 1"));
}

TEST_CASE("safetensors: data that is not aligned is aligned") {
  const std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})";
  const SafetensorsFile file = parse(header, from_hex("070000803f"));
  CHECK(reinterpret_cast<uintptr_t>(file.at("b").data) % 4 == 0);
  CHECK(numbers_of<float>(file.at("b")) == std::vector<float>{1.0f});
  CHECK(numbers_of<uint8_t>(file.at("a")) == std::vector<uint8_t>{7});
}

TEST_CASE("safetensors: names of any kind survive") {
  TemporaryFolder folder;
  const std::map<std::string, std::string> metadata = {{"", "empty"}, {"quote\"", "line\nbreak"}};
  write_safetensors(folder / "a", std::vector{view_of("γ \"x\" \\ \n", w, {4})}, metadata);
  const SafetensorsFile file = SafetensorsFile::open(folder / "a");
  CHECK(numbers_of<float>(file.at("γ \"x\" \\ \n")) == w);
  CHECK(file.metadata() == metadata);
}

TEST_CASE("safetensors: an empty file of tensors") {
  CHECK(parse("{}", "").names().empty());
  CHECK_THROWS_WITH(parse("{}", "").at("w"), ContainsSubstring("no tensor \"w\"; it holds none"));
  CHECK_THROWS_WITH(parse("{}", "x"),
                    ContainsSubstring("the tensors take 0 bytes, the file has 1"));
}

TEST_CASE("safetensors: a missing tensor is answered with those that exist") {
  const std::string bytes = golden_file();
  const SafetensorsFile file = parse(bytes);
  CHECK(file.find("weight") == nullptr);
  CHECK_THROWS_WITH(file.at("weight"),
                    ContainsSubstring("some.safetensors: no tensor \"weight\"; it holds \"b\", "));
}

TEST_CASE("safetensors: what cannot be written is refused and leaves no file") {
  TemporaryFolder folder;
  const auto write = [&](std::vector<TensorView> tensors,
                         const std::map<std::string, std::string>& metadata = {}) {
    write_safetensors(folder / "a", tensors, metadata);
  };
  CHECK_THROWS_WITH(write({view_of("w", w, {4}), view_of("w", b, {2})}),
                    ContainsSubstring("two tensors are named \"w\""));
  CHECK_THROWS_WITH(write({view_of("__metadata__", w, {4})}), ContainsSubstring("__metadata__"));
  CHECK_THROWS_WITH(write({view_of("w", w, {5})}),
                    ContainsSubstring("brings 16 bytes, its shape [5] of float32 takes 20"));
  CHECK_THROWS_WITH(write({view_of("w", w, {-4})}), ContainsSubstring("size of -4"));
  CHECK_THROWS_WITH(write({view_of("w", w, {1LL << 40, 1LL << 40})}), ContainsSubstring("size of"));
  CHECK_THROWS_WITH(write({view_of("\xff", w, {4})}), ContainsSubstring("UTF-8"));
  CHECK_THROWS_WITH(write({view_of("w", w, {4})}, {{"a", "\xff"}}), ContainsSubstring("UTF-8"));
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("safetensors: headers that break a rule are refused with the place and the numbers") {
  struct Case {
    const char* header;
    size_t data_bytes;
    const char* message;
  };
  const auto refusal = GENERATE(values<Case>({
      {R"([])", 0, "does not begin with {"},
      {R"( {})", 0, "does not begin with {"},
      {R"({)", 0, "not valid JSON at its byte 2"},
      {R"({}})", 0, "not valid JSON at its byte 3"},
      {R"({} x)", 0, "not valid JSON"},
      {"{\"a\":\"\xff\"}", 0, "not valid JSON"},
      {R"({"a":null})", 0, "\"a\": is null, expected an object"},
      {R"({"a":7})", 0, "\"a\": is 7, expected an object"},
      {R"({"a":[]})", 0, "\"a\": is a list, expected an object"},
      {R"({"a":{}})", 0, "\"a\": has no dtype"},
      {R"({"a":{"dtype":"F32","data_offsets":[0,0]}})", 0, "\"a\": has no shape"},
      {R"({"a":{"dtype":"F32","shape":[]}})", 0, "\"a\": has no data_offsets"},
      {R"({"a":{"dtype":32,"shape":[],"data_offsets":[0,4]}})", 4, "dtype is 32, expected a text"},
      {R"({"a":{"dtype":["F32"],"shape":[],"data_offsets":[0,4]}})", 4, "dtype is a list"},
      {R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", 4, "shape is 1, expected a list"},
      {R"({"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", 4, "shape holds a list"},
      {R"({"a":{"dtype":"F32","shape":[{}],"data_offsets":[0,4]}})", 4, "shape holds an object"},
      {R"({"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}})", 4, "shape holds the text"},
      {R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4, "shape holds 1.0"},
      {R"({"a":{"dtype":"F32","shape":[true],"data_offsets":[0,4]}})", 4, "shape holds true"},
      {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "shape holds -1"},
      {R"({"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}})", 4,
       "shape holds 9223372036854775808"},
      {R"({"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}})", 4,
       "shape holds 99999999999999999999"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4,
       "data_offsets has 1 numbers, expected begin and end"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})", 4, "data_offsets has 3"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[],"extra":1}})", 4,
       "unknown key \"extra\""},
      {R"({"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})", 4,
       "dtype \"F16\" is not supported, only F32, F64, BF16, I32, I64, U8, BOOL"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4,
       "shape [2] of F32 takes 8 bytes, its data_offsets are [0, 4]"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "data_offsets are [4, 0]"},
      {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
       "shape [4294967296, 4294967296] has more bytes than can be counted"},
      {R"({"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}})", 0,
       "more bytes than can be counted"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4,
       "the tensors take 8 bytes, the file has 4 after its header"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 8,
       "the tensors take 4 bytes, the file has 8 after its header"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8,
       "\"a\" begins at byte 4, leaving a hole after byte 0"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
       R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
       12, "\"b\" begins at byte 4, inside the tensor before it, which ends at 8"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
       R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       4, "\"b\" begins at byte 0, inside the tensor before it"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
       R"("a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       8, "the name \"a\" appears twice"},
      {R"({"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}})", 4,
       "\"a\": the key \"shape\" appears twice"},
      {R"({"__metadata__":{},"__metadata__":{}})", 0, "\"__metadata__\" appears twice"},
      {R"({"__metadata__":{"a":"b","a":"b"}})", 0, "__metadata__: the key \"a\" appears twice"},
      {R"({"__metadata__":{"a":1}})", 0, "__metadata__: \"a\" is 1, expected a text"},
      {R"({"__metadata__":{"a":{}}})", 0, "__metadata__: \"a\" is an object, expected a text"},
      {R"({"__metadata__":"a"})", 0, "__metadata__: is the text \"a\", expected an object"},
  }));
  CAPTURE(refusal.header);
  const std::string data(refusal.data_bytes, '\0');
  CHECK_THROWS_AS(parse(refusal.header, data), Error);
  CHECK_THROWS_WITH(parse(refusal.header, data),
                    ContainsSubstring("some.safetensors: ") && ContainsSubstring(refusal.message));
}

TEST_CASE("safetensors: nothing hides behind a zero byte in the header") {
  const std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  CHECK(parse(header + "   ", "x").names().size() == 1);
  CHECK_THROWS_WITH(parse(header + std::string(1, '\0') + "hidden", "x"),
                    ContainsSubstring("zero byte at 53"));
}

TEST_CASE("safetensors: hostile names reach the terminal escaped and cut") {
  const std::string header = R"({"\u001b[31m)" + std::string(5000, 'x') + R"(":1})";
  try {
    parse(header, "");
    FAIL("accepted");
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK(message.size() < 300);
    CHECK(message.find('\x1b') == std::string::npos);
    CHECK_THAT(message, ContainsSubstring("\\x1b[31mxxx"));
  }
}

TEST_CASE("safetensors: a deeply nested header is refused without deep recursion") {
  const std::string header = R"({"a":)" + std::string(5'000'000, '[');
  CHECK_THROWS_AS(parse(header, ""), Error);
  const std::string inside = R"({"a":{"dtype":"F32","shape":)" + std::string(5'000'000, '[') + "}}";
  CHECK_THROWS_AS(parse(inside, ""), Error);
}

TEST_CASE("safetensors: files that are no safetensors file at all") {
  TemporaryFolder folder;
  const auto open = [&](const std::string& name) { SafetensorsFile::open(folder / name); };
  write_bytes(folder / "empty", "");
  CHECK_THROWS_WITH(open("empty"), ContainsSubstring("it has 0 bytes"));
  write_bytes(folder / "short", "1234567");
  CHECK_THROWS_WITH(open("short"), ContainsSubstring("it has 7 bytes"));
  write_bytes(folder / "text", "Once upon a midnight dreary");
  CHECK_THROWS_WITH(open("text"), ContainsSubstring("a header of 8030046917602012751 bytes"));
  write_bytes(folder / "no header", std::string(8, '\0'));
  CHECK_THROWS_WITH(open("no header"), ContainsSubstring("does not begin with {"));
  CHECK_THROWS_WITH(open("missing"), ContainsSubstring("missing: No such file"));
  CHECK_THROWS_WITH(open("."), ContainsSubstring("it is a folder"));
  CHECK_THROWS_WITH(SafetensorsFile::open("/dev/null"), ContainsSubstring("not a regular file"));

  const std::string whole = golden_file();
  for (size_t size = 0; size < whole.size(); ++size) {
    CHECK_THROWS_AS(parse(whole.substr(0, size)), Error);
  }
}

TEST_CASE("safetensors: a header beyond the cap is not read") {
  TemporaryFolder folder;
  const uint64_t length = 100'000'001;
  write_bytes(folder / "big", std::string(reinterpret_cast<const char*>(&length), 8) + "{");
  std::filesystem::resize_file(folder / "big", length + 1000);  // sparse: takes no room
  CHECK_THROWS_WITH(SafetensorsFile::open(folder / "big"),
                    ContainsSubstring("the header has 100000001 bytes, at most 100000000"));
}
