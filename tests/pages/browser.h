#pragma once

#include <string>
#include <vector>

namespace norma {

// A page as a browser shows it, its scripts carried out.
struct LoadedPage {
  std::string html;                   // the document then, up to its data and scripts
  std::vector<std::string> messages;  // of its console: errors, what the policy refused
};

// Loads `page` (HTML) in Chromium without a window, from a file and without a network. What its
// scripts still have to do when it has loaded is waited for where `patient` says so, as long as
// they leave the browser no idle moment.
LoadedPage load_in_browser(const std::string& page, bool dark = false, bool patient = false);

// The element that begins with `start` (<figure data-chart="ranking") up to `end` (</figure>);
// empty where there is none.
std::string element(const std::string& html, const std::string& start, const std::string& end);

int occurrences_of(const std::string& html, const std::string& part);

// The numbers of every attribute of that name.
std::vector<double> numbers_of(const std::string& html, const std::string& attribute);

}  // namespace norma
