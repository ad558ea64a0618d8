#pragma once

#include <string>

namespace norma {

// From here on the first SIGINT (Ctrl-C) or SIGTERM asks the program to stop, which it does when it
// has saved; a second one ends it at once, with the exit code shells expect (128 + signal). `note`
// is printed on stderr at the first, on a line of its own.
void catch_stop_signals(const std::string& note);

// Whether the program was asked to stop.
bool stop_requested();

// For tests, and for a program that goes on after a stop.
void forget_stop_request();

}  // namespace norma
