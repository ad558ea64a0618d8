// lessons: all lessons, with their pictures and the playground, as one page.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "apps/common/program.h"
#include "apps/lessons/lesson.h"
#include "apps/lessons/lessons_page.h"
#include "core/io/atomic_file.h"

namespace norma::lessons_command {
namespace {

constexpr About kAbout{
    "lessons",
    "Writes the lessons on what normalization does to gradients as one HTML page, with their "
    "pictures, answers apart, and the playground. It opens in any browser and fetches nothing, so "
    "a class can read and play without a build. The same texts are in docs/lessons/.",
    "  lessons\n"
    "  lessons --out class.html\n"
    "  lessons --list\n"
    "  lessons --commands 3\n"};

int run(CommandLine& line) {
  std::string out = "lessons.html";
  bool list = false;
  int commands = 0;
  line.app().add_option("-o,--out", out, "Page to write; lessons.html if left out");
  line.app().add_flag("--list", list, "List the lessons");
  line.app().add_option("--commands", commands, "Print the commands of lesson NUMBER");
  line.parse();
  if (list) {
    for (const lessons::Lesson& lesson : lessons::all_lessons())
      std::cout << (lesson.number < 10 ? " " : "") << lesson.number << "  " << lesson.title << "\n";
    return 0;
  }
  if (commands != 0) {
    for (const std::string& command : lessons::commands_of(lessons::lesson(commands).text))
      std::cout << command << "\n";
    return 0;
  }
  io::write_atomically(out, lessons::lessons_page());
  if (!line.quiet()) std::cout << "wrote " << std::filesystem::absolute(out).string() << "\n";
  return 0;
}

const RegisterProgram registered(kAbout, run);

}  // namespace
}  // namespace norma::lessons_command
