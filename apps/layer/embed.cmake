# What is particular to the program `command`.

set(numbers "kNumbersStyle=${folder}/numbers/numbers.css")
foreach(file numbers numbers_bars numbers_cube numbers_arrows)
  list(APPEND numbers "kNumbersCharts=${folder}/numbers/${file}.js")
endforeach()
embed_texts(${command}_parts "kNumericsCharts=${folder}/numerics/numerics.js" ${numbers})
# Where every addition must round as it is written: what rounding does is what is measured.
set_source_files_properties("${folder}/numerics/methods.cpp" PROPERTIES
  SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS "-ffp-contract=off")
