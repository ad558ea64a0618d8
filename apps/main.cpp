// All programs: which of them runs follows from the name that this one was started by.
#include "apps/common/program.h"

int main(int argc, char** argv) { return norma::run_named_program(argc, argv); }
