#include "apps/common/html.h"

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/catch.h"

namespace norma {

TEST_CASE("text in HTML is no markup", "[apps]") {
  CHECK(html_escaped("a < b && \"c\" > 'd'") ==
        "a &lt; b &amp;&amp; &quot;c&quot; &gt; &#39;d&#39;");
  CHECK(html_escaped("µs – 32×32") == "µs – 32×32");
}

TEST_CASE("JSON in a script cannot end it and reads back the same", "[apps]") {
  const Json value{{"note", "</script><!-- <b>"}, {"n", 0.1}};
  const std::string script = json_for_script(value);
  CHECK(script.find('<') == std::string::npos);
  CHECK(parse_json(script, "script") == value);
}

TEST_CASE("a page is filled once, and values are not searched again", "[apps]") {
  using Value = std::pair<std::string_view, std::string>;
  const std::array values{Value{"a", "{{b}}"}, Value{"b", "two"}};
  CHECK(filled_page("<p>{{a}}, {{b}}</p> { } }}", values) == "<p>{{b}}, two</p> { } }}");
  CHECK(filled_page("nothing", values) == "nothing");
  CHECK_THROWS_AS(filled_page("{{c}}", values), std::logic_error);
  CHECK_THROWS_AS(filled_page("{{a", values), std::logic_error);
}

}  // namespace norma
