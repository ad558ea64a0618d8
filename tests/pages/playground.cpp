#include "tests/pages/playground.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "apps/classroom/playground_page.h"
#include "tests/catch.h"
#include "tests/pages/browser.h"

namespace norma::classroom {
namespace {

// Keeps the browser from idling until `finish` was called, as the page starts its engine in its own
// time, and shows what was collected.
constexpr const char* kCollect = R"(
  const at = id => document.getElementById(id);
  const channel = new MessageChannel(), waiting = [];
  let finished = false;
  channel.port1.onmessage = () => {
    for (const each of waiting.splice(0)) each();
    if (!finished) channel.port2.postMessage(0);
  };
  channel.port2.postMessage(0);
  const turn = () => new Promise(resolve => waiting.push(resolve));
  const ready = async () => { while (at("playground").hidden && at("failure").hidden) await turn(); };
  const finish = collected => {
    const shown = Object.assign(document.createElement("pre"), {id: "collected"});
    shown.textContent = JSON.stringify(collected);
    document.querySelector("main").prepend(shown);
    finished = true;
  };
)";

}  // namespace

Json collected(const std::string& script, bool dark) {
  const LoadedPage page = load_in_browser(
      playground_page(kCollect + ("(async () => { await ready(); " + script + "})();")), dark,
      true);
  INFO((page.messages.empty() ? "" : page.messages[0]));
  CHECK(page.messages.empty());
  std::string text = element(page.html, "<pre id=\"collected\">", "</pre>");
  REQUIRE(text.size() > 26);
  text = text.substr(20, text.size() - 26);
  for (const auto& [escaped, plain] :
       {std::pair{"&lt;", "<"}, std::pair{"&gt;", ">"}, std::pair{"&amp;", "&"}})
    for (size_t i = text.find(escaped); i != std::string::npos; i = text.find(escaped, i + 1))
      text.replace(i, std::strlen(escaped), plain);
  return parse_json(text, "what was collected");
}

}  // namespace norma::classroom
