#include "data/text/utf8.h"

#include "tests/catch.h"

namespace norma {

TEST_CASE("every length of character is written and read back", "[data][utf8]") {
  for (const char32_t c : {U'\0', U'A', U'\x7F', U'\x80', U'é', U'\x7FF', U'\x800', U'€', U'\xD7FF',
                           U'\xE000', U'\xFFFF', U'\x10000', U'😀', U'\x10FFFF'}) {
    std::string text = "x";
    append_utf8(text, c);
    size_t position = 1;
    const auto read = next_character(text, position);
    INFO(static_cast<unsigned>(c));
    REQUIRE(read.has_value());
    CHECK(*read == c);
    CHECK(position == text.size());
  }
  std::string euro;
  append_utf8(euro, U'€');
  CHECK(euro == "\xE2\x82\xAC");
}

TEST_CASE("what is not well-formed is refused without moving", "[data][utf8]") {
  for (const std::string text :
       {"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xC3", "\xC3(", "\xE2\x82", "\xE0\x80\xAF",
        "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\xAF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xFE", "\xFF"}) {
    size_t position = 0;
    CHECK_FALSE(next_character(text, position).has_value());
    CHECK(position == 0);
  }
}

TEST_CASE("a cut falls between characters", "[data][utf8]") {
  const std::string text = "aé€😀z";  // 1 + 2 + 3 + 4 + 1 bytes
  const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
  for (size_t position = 0; position < std::size(expected); ++position)
    CHECK(floor_to_character(text, position) == expected[position]);
  const std::string stray(10, '\x80');
  CHECK(floor_to_character(stray, 7) == 7);
}

TEST_CASE("characters are named so that they can be seen", "[data][utf8]") {
  CHECK(name_of_character(U'x') == "'x'");
  CHECK(name_of_character(U' ') == "U+0020");
  CHECK(name_of_character(U'é') == "U+00E9");
  CHECK(name_of_character(U'😀') == "U+1F600");
}

}  // namespace norma
