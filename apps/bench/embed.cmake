# What is particular to the program `command`.

embed_texts(${command}_parts
  "kBenchBody=${folder}/page.html" "kBenchStyle=${folder}/page.css" "kRoofline=${folder}/roofline.js")
# The roof's loops over memory, the one place of the programs where a loop is what is measured.
set_source_files_properties("${folder}/roof_loops.cpp" PROPERTIES
  SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS "$<$<CONFIG:Release>:-O3>")
