#include "app/verb.hpp"

#include <cstdint>

#include "app/execute.hpp"
#include "snnff/training.hpp"

namespace snnff::app {

void add_override_options(Command& command, Assignments& assignments, const std::string& what) {
    command.option("--set", assignments.set, what).type_name("KEY=VALUE").one_value_each();
    command
        .option("--add", assignments.add,
                "the same for a population that the model does not have yet, which is made; comes first")
        .type_name("KEY=VALUE")
        .one_value_each();
}

void add_threads_option(Command& command, std::size_t& n_threads) {
    command
        .option("--threads", n_threads,
                "threads to use; default: as many as the process may, which 0 asks for, too")
        .whole_number(0, std::int64_t{most_threads})
        .type_name("N");
}

}  // namespace snnff::app
