#include "apps/lessons/lessons_page.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "apps/classroom/playground_page.h"
#include "apps/common/html.h"
#include "apps/lessons/lesson.h"
#include "apps/lessons/markdown.h"
#include "apps/pages/page.h"
#include "core/version.h"

namespace norma::lessons {
namespace {

// An image as an address of its own (RFC 2397): in a document by itself, its names meet no others'.
std::string picture_address(std::string_view name) {
  for (const EmbeddedFile& picture : embedded::kPictures) {
    if (picture.name != name) continue;
    std::string address = "data:image/svg+xml,";
    constexpr char kDigits[] = "0123456789ABCDEF";
    for (const char* c = picture.text; *c; ++c) {
      if (std::string_view("%#\"<>&\n").find(*c) == std::string_view::npos)
        address += *c;
      else
        address += {'%', kDigits[*c >> 4 & 15], kDigits[*c & 15]};
    }
    return address;
  }
  throw std::logic_error("a lesson shows pictures/" + std::string(name) + ", which is not there");
}

// Where an address between the files of docs/lessons/ leads within the page.
std::string address_in_page(std::string_view address) {
  constexpr std::string_view kPlayground = "playground.html";
  if (address.starts_with("https:")) return std::string(address);
  if (address.starts_with("pictures/")) return picture_address(address.substr(9));
  if (address == kPlayground) return "#playground-title";
  if (address.starts_with(kPlayground)) return std::string(address.substr(kPlayground.size()));
  std::string_view name = address;
  const bool answers = name.starts_with("answers/");
  if (answers) name.remove_prefix(8);
  if (name.starts_with("../")) name.remove_prefix(3);
  for (const EmbeddedFile& lesson : embedded::kLessons)
    if (name == lesson.name)
      return (answers ? "#answers-" : "#lesson-") + std::to_string(std::stoi(lesson.name));
  throw std::logic_error("a lesson leads to " + std::string(address) +
                         ", which is neither a lesson nor a picture");
}

std::string article(const std::string& id, std::string_view markdown, const std::string& behind) {
  return "<article id=\"" + id + "\">\n" + html_of_markdown(markdown, address_in_page) + behind +
         "</article>\n";
}

std::string link(const std::string& to, const std::string& text) {
  return "<a href=\"#" + to + "\">" + html_escaped(text) + "</a>";
}

std::string contents(const std::vector<Lesson>& lessons) {
  std::string html = "<nav id=\"lessons\" aria-label=\"Lessons\"><ol>\n";
  for (const Lesson& lesson : lessons)
    html += "<li>" + link("lesson-" + std::to_string(lesson.number), lesson.title) + "</li>\n";
  return html + "</ol>\n<p>" + link("playground-title", "Playground") + "</p></nav>\n";
}

// What leads on from a lesson.
std::string ways_on(const std::vector<Lesson>& lessons, size_t i) {
  const std::string number = std::to_string(lessons[i].number);
  std::string html = "<p class=\"on\">";
  if (!lessons[i].answers.empty()) html += link("answers-" + number, "Answers") + " ";
  if (i + 1 < lessons.size())
    html +=
        link("lesson-" + std::to_string(lessons[i + 1].number), "Next: " + lessons[i + 1].title);
  return html + "</p>\n";
}

std::string body() {
  const std::vector<Lesson> lessons = all_lessons();
  std::string html =
      "<h1>What normalization does to gradients</h1>\n<p>" + std::to_string(lessons.size()) +
      " lessons with Norma " + html_escaped(version()) +
      ". This page holds them all, and the playground, and needs no network. The commands need "
      "Norma; their pictures are here.</p>\n" +
      contents(lessons);
  for (size_t i = 0; i < lessons.size(); ++i)
    html += article("lesson-" + std::to_string(lessons[i].number), lessons[i].text,
                    ways_on(lessons, i));
  for (const Lesson& lesson : lessons) {
    const std::string number = std::to_string(lesson.number);
    if (!lesson.answers.empty())
      html +=
          article("answers-" + number, lesson.answers,
                  "<p class=\"on\">" + link("lesson-" + number, "Back to the lesson") + "</p>\n");
  }
  return html + "<article id=\"playground-title\">\n<h2>Playground</h2>\n" +
         classroom::playground_body() + "</article>\n";
}

}  // namespace

std::string lessons_page(std::string_view more_script) {
  const std::string script = std::string(embedded::kKatex) + "\n" + embedded::kLessonsScript +
                             embedded::kPlaygroundScript + std::string(more_script);
  const Json data = classroom::playground_data();
  return pages::html_page({.title = "lessons",
                           .body = body(),
                           .data = data,
                           .script = script,
                           .style = std::string(embedded::kKatexStyle) +
                                    embedded::kPlaygroundStyle + embedded::kLessonsStyle,
                           .charts = false,
                           .webassembly = true});
}

}  // namespace norma::lessons
