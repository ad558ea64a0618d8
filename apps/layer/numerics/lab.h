#pragma once

#include <string>
#include <vector>

#include "core/config/json.h"

// What the numerics lab finds out, and how it is shown: as JSON, on the terminal, as a page.
namespace norma::numerics {

// Where there is nothing to show a value is NaN; beyond all numbers it is infinite.
struct Series {
  std::string name;
  std::vector<double> values;
};

// Lines over one logarithmic axis, in views of which one is shown at a time; all views have the
// same series.
struct Picture {
  std::string id, title;
  std::string intro;  // how to read it
  std::string x_name, y_name;
  std::vector<double> x;
  struct View {
    std::string name;
    std::vector<Series> series;
  };
  std::vector<View> views;
  size_t main_view = 0;            // shown first, and on the terminal
  std::vector<Series> references;  // predicted lines, of all views
};

struct Table {
  std::string id, title, intro;
  std::string row_name;  // what rows are
  std::vector<std::string> columns;
  struct Row {
    std::string name;
    std::vector<double> values;           // under the first columns
    std::vector<std::string> words = {};  // under the others
  };
  std::vector<Row> rows;
};

struct Lab {
  std::string title;
  std::string summary;                // what was done, in a paragraph
  std::vector<std::string> findings;  // what the reader sees, a sentence or two each
  std::vector<Picture> pictures;
  std::vector<Table> tables;
};

// An error in two digits; "–" for NaN, "overflow" where it is infinite.
std::string shown(double error);

// {"title", "summary", "findings", "charts": [{"id", "title", "x": {"name", "values"}, "y",
// "views": [{"name", "series": {name: values}}], "view", "references": {name: values}}], "tables":
// [{"id", "title", "columns", "rows": {name: cells}}]}; null stands for NaN, "Infinity" for the
// infinite.
Json as_json(const Lab& lab);
std::string as_text(const Lab& lab);
// One self-contained page, a chart and the table behind it for each picture.
std::string as_html(const Lab& lab);

}  // namespace norma::numerics

namespace norma::embedded {
extern const char* const kNumericsCharts;  // numerics.js, part of the program (embed.cmake)
}  // namespace norma::embedded
