#include "snnff/command_line.hpp"

int main(int argc, char** argv) { return snnff::command_line(argc, argv); }
