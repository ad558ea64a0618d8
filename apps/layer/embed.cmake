# What is particular to the program `command`.

embed_texts(${command}_parts "kNumericsCharts=${folder}/numerics/numerics.js")
# Where every addition must round as it is written: what rounding does is what is measured.
set_source_files_properties("${folder}/numerics/methods.cpp" PROPERTIES
  SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS "-ffp-contract=off")
